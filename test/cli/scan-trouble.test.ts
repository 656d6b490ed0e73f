// What keeps `landbridge scan` from finding out is bounded, told in a sentence, and ends with 2; the other hosts are looked at all the same.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startSite } from '../support/scanned-site.ts'
import { folder, program, root, scan, scanned, serve, startScan } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

const url = (name: string, port: number) => `http://${name}.localhost:${port}/`

/** A server of raw bytes. */
async function serveRaw(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

describe('One host in trouble, another that is sound', () => {
  const rows: [string, () => Promise<number>, RegExp][] = [
    ['nobody listens', freePort, /refused the connection/],
    ['it hangs', () => serve(() => undefined), /did not answer within 1 s/],
    ['it closes at once', () => serveRaw((socket) => socket.destroy()), /closed the connection/],
    [
      'it closes within the headers',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nSet-Coo')),
      /closed the connection|not HTTP/,
    ],
    [
      'it closes within the body',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc')),
      /closed the connection/,
    ],
    ['it speaks no HTTP', () => serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')), /something that is not HTTP/],
    [
      'it speaks another protocol',
      () => serveRaw((socket) => socket.end('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')),
      /another protocol/,
    ],
    [
      'its headers do not end',
      () => serveRaw((socket) => void socket.write(`HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaaaaaaaaaa\r\n'.repeat(10_000)}`)),
      /more headers than are read/,
    ],
    ['its headers drip', () => serveRaw(drip), /did not answer within 1 s/],
    ['its body drips', () => serve((_, response) => void setInterval(() => response.write('a'), 50).unref()), /did not answer within 1 s/],
    [
      'it redirects in a loop',
      () => serve((request, response) => response.writeHead(302, { location: request.url === '/a' ? '/' : '/a' }).end()),
      /redirects in a loop/,
    ],
    [
      'it redirects for ever',
      () => serve((request, response) => response.writeHead(302, { location: `${request.url}a` }).end()),
      /redirects more than 10 times/,
    ],
    [
      'it compresses unasked',
      () => serve((_, response) => response.setHeader('content-encoding', 'br').end('x')),
      /compressed though nobody asked/,
    ],
  ]

  test.each(rows)('%s: 2', async (_, start, sentence) => {
    const [port, site] = [await start(), await startSite({ eager: true, attributes: 'Path=/; Secure; SameSite=Lax' })]
    const report = await scanned([url('elmer', port), site.url('alice'), '--timeout', '1'])
    expect(report).toMatchObject({ code: 2, complete: false })
    expect(report.hosts[0]!.problem).toMatch(sentence)
    expect(report.problems.join(' ')).toMatch(sentence)
    expect(report.problems[0]).toContain(`elmer.localhost:${port}`)
    // Faults that were found do not make it 1: what was not looked at may be worse.
    expect(report.hosts[1]).toMatchObject({ status: 200, problem: null })
    expect(report.findings.map(({ check }) => check)).toEqual(['cookie-without-httponly'])
  })

  function drip(socket: Socket): void {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('X-A: a\r\n'), 50)
    socket.on('close', () => clearInterval(timer))
  }

  test('a body of 1 GB is cut, and what stands in its beginning is used', async () => {
    let sent = 0
    let isOver = false
    const port = await serve((_, response) => {
      response.setHeader('set-cookie', 'sid=1; Path=/')
      const chunk = Buffer.alloc(65_536, 'a')
      response.on('close', () => (isOver = true))
      const push = (): void => {
        while (!isOver && sent < 2 ** 30) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', push)
        }
        response.end()
      }
      push()
    })
    const report = await scanned([url('elmer', port)])
    expect(report).toMatchObject({ code: 2, hosts: [{ status: 200, cookies: [{ name: 'sid' }] }] })
    expect(report.problems[0]).toContain('more than is read')
    expect(sent).toBeLessThan(64 * 2 ** 20)
  })

  test('a name that does not resolve', async () => {
    const report = await scanned(['http://nobody.landbridge-scan.invalid/', '--timeout', '5'])
    expect(report.code).toBe(2)
    expect(report.hosts[0]!.problem).toMatch(/does not resolve|could not be resolved|did not answer/)
  })

  test('a certificate that nobody vouches for, unless NODE_EXTRA_CA_CERTS does', async (ctx) => {
    const made = folder()
    const [key, cert] = [join(made, 'key.pem'), join(made, 'cert.pem')]
    const subject = ['-subj', '/CN=elmer.localhost', '-addext', 'subjectAltName=DNS:elmer.localhost']
    const openssl = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ])
    ctx.skip(openssl.status !== 0, 'there is no openssl')
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response
        .writeHead(302, { location: 'http://elmer.localhost:1/', 'set-cookie': 'sid=1; Path=/; HttpOnly; Secure; SameSite=Lax' })
        .end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const address = `https://elmer.localhost:${(server.address() as AddressInfo).port}/`
    const untrusted = await scanned([address])
    expect([untrusted.code, untrusted.problems]).toEqual([
      2,
      [expect.stringMatching(/certificate that is not trusted.*NODE_EXTRA_CA_CERTS/)],
    ])
    const trusted = await scanned([address], { NODE_EXTRA_CA_CERTS: cert })
    expect(trusted.findings.map(({ check }) => check)).toEqual(['redirect-to-http', 'cookie-prefix-missing'])
    const other = await scanned([address.replace('elmer', 'alice')], { NODE_EXTRA_CA_CERTS: cert })
    expect(other.problems[0]).toContain('certificate for other names')
  })

  test('a host that goes away between the visit and the experiment', async () => {
    let asked = 0
    const port = await serve((request, response) => {
      asked += 1
      if (asked > 2) return void request.socket.destroy()
      response.setHeader('set-cookie', `__Host-sid=${crypto.randomUUID()}; Path=/; Secure; HttpOnly; SameSite=Lax`).end()
    })
    const report = await scanned([url('elmer', port), url('alice', port)])
    expect([report.code, report.experiments.map(({ outcome }) => outcome)]).toEqual([2, ['unclear', 'unclear']])
  })
})

describe('Limits', () => {
  test('no more requests than allowed, and what was found by then is told', async () => {
    const site = await startSite({ eager: true })
    const report = await scanned([site.url('elmer'), site.url('alice'), '--max-requests', '4'])
    expect(report).toMatchObject({ code: 2, requests: 4, problems: ['The limit of 4 requests was reached (--max-requests).'] })
    expect(site.asked).toHaveLength(4)
    expect(report.hosts.map(({ status }) => status)).toEqual([200, 200])
  })

  test('no more a second than allowed', async () => {
    const at: number[] = []
    const port = await serve((_, response) => void (at.push(performance.now()), response.end()))
    await scanned([url('a', port), url('b', port), url('c', port), '--rate', '4'])
    expect(at).toHaveLength(3)
    expect(at[2]! - at[0]!).toBeGreaterThan(300)
  })

  test('no longer than allowed', async () => {
    const port = await serve(() => undefined)
    const report = await scanned([url('elmer', port), url('alice', port), '--max-time', '1'])
    expect([report.code, report.problems]).toEqual([2, ['The scan took longer than 1 s (--max-time).']])
  })

  test('a login module that never ends, and one that fails, whose message is not shown', async () => {
    const site = await startSite()
    const made = folder()
    const run = (source: string) => {
      writeFileSync(join(made, 'login.mjs'), source)
      return scanned([site.url('elmer'), '--login', join(made, 'login.mjs'), '--yes', '--max-time', '1'])
    }
    expect(await run('export default () => new Promise(() => setInterval(() => {}, 1000))')).toMatchObject({
      code: 2,
      problems: ['The scan took longer than 1 s (--max-time).'],
    })
    expect(await run(`export default () => {\n throw new RangeError('geheim') }`)).toMatchObject({
      code: 2,
      problems: [expect.stringMatching(/the login module failed \(RangeError in line 2\)/)],
    })
    expect((await run('export default async () => {}')).problems[0]).toContain('left no session cookie')
    await expect(run('export const login = 1')).rejects.toThrow(/exports no function by default/)
    await expect(run('syntax error')).rejects.toThrow(/cannot be loaded: SyntaxError/)
  })

  test('Ctrl-C ends it with what was found, and 2', async () => {
    let isAsked = false
    const [port, site] = [await serve(() => (isAsked = true)), await startSite({ eager: true, attributes: 'Path=/; Secure; SameSite=Lax' })]
    const { child, ended } = startScan([site.url('alice'), url('elmer', port), '--json'])
    await expect.poll(() => isAsked, { timeout: 10_000, interval: 5 }).toBe(true)
    child.kill('SIGINT')
    const { code, out, err } = await ended
    expect([code, err]).toEqual([2, expect.stringContaining('stopping; what was found until now is told')])
    expect(JSON.parse(out)).toMatchObject({
      complete: false,
      problems: ['The scan was stopped before its end.'],
      findings: [{ check: 'cookie-without-httponly' }],
    })
  })
})

describe('What it cannot run is told in a sentence, with exit code 2', () => {
  const A = 'http://a.example/'
  test.each([
    [[], /scan needs the URLs/],
    [['a.example'], /"a\.example" is not a URL to scan: write it whole/],
    [['localhost:3000'], /begins with https:\/\/ or http:\/\/, not localhost:/],
    [['file:///etc/passwd'], /begins with https:\/\/ or http:\/\/, not file:/],
    [['http://ann:geheim@a.example/'], /has a user or a password in it/],
    [['http://ann:geheim@:/'], /is not a URL to scan/],
    [[A, 'http://A.example:80'], /http:\/\/a\.example\/ is named twice/],
    [[A, '--rate', '0'], /--rate is a whole number from 1 to 1000, not "0"/],
    [[A, '--timeout=-1'], /--timeout is a whole number/],
    [[A, '--max-requests', 'many'], /--max-requests is a whole number/],
    [[A, '--insecure'], /scan has no option --insecure/],
    [[A, '--json', '--sarif'], /exclude each other/],
    [[A, '--page', 'https://b.example/'], /--page is a path/],
    [[A, '--page', '//b.example/'], /--page is a path/],
    [[A, '--cookie', 'sid=geheim'], /a cookie is given for sid, which is none of the hosts/],
    [[A, '--cookie', 'a.example=geheim'], /what is given for a\.example is not/],
    [[A, '--cookie', 'geheim'], /a cookie is given as <host>=<name>=<value>/],
    [[A, 'http://a.example:81/', '--cookie', 'b.example=sid=geheim'], /b\.example, which is none/],
    [[A, '--session-cookie', 'sid=geheim'], /is the name of a cookie alone/],
    [[A, '--login', './nowhere.mjs'], /there is no login module/],
    [[A, '--probe', 'GET http://a.example/'], /--probe is one of POST/],
    [[A, '--probe', 'http://a.example/'], /--probe is one of POST/],
    [[A, '--probe', 'POST http://b.example/?geheim'], /goes to none of the hosts to scan: name a URL of b\.example too/],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await scan(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
    expect(err).not.toMatch(/ {4}at |geheim/)
  })

  test('help has examples, and the environment is read as the option is', async () => {
    expect(await scan(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/npx landbridge scan https:/), err: '' })
    expect(await scan([A], { LANDBRIDGE_SCAN_COOKIE: 'c.example=sid=geheim' })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/given for c\.example/),
    })
  })
})

describe('On a terminal', () => {
  test.for([
    ['n\n', 0],
    ['\n', 0],
    ['\u0003', 0],
    ['y\n', 1],
  ] as const)('it asks before it writes, and takes %j for an answer', async ([said, sent], ctx) => {
    ctx.skip(spawnSync('script', ['--version']).status !== 0, 'there is no script(1) to make a terminal with')
    const [site, made] = [await startSite(), folder()]
    const login = join(made, 'login.mjs')
    writeFileSync(login, `export default async ({ request }) => { await request('/login', { form: { password: 'wrong' } }) }`)
    const command = [process.execPath, program, 'scan', '--rate', '1000', site.url('elmer'), '--login', login].join(' ')
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
    let shown = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const isAsked = !shown.includes('[y/N]')
      shown += String(chunk)
      if (isAsked && shown.includes('[y/N]')) child.stdin.write(said)
    })
    const [code] = (await once(child, 'close')) as [number]
    expect(shown).toContain('This scan would')
    expect([code, site.asked.filter((each) => each === 'POST elmer /login').length]).toEqual([2, sent])
    // The progress of the scan, too, is for terminals.
    expect(shown.includes('visiting elmer')).toBe(sent === 1)
    if (sent === 0) expect([site.asked, shown]).toEqual([[], expect.stringContaining('nothing was sent')])
  })
})
