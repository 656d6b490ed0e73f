// `landbridge doctor --live` against real servers of this machine: sound ones, and each kind of broken one.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionsOptions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { landbridge } from '../support/cli.ts'

vi.setConfig({ testTimeout: 30_000 })

const KEY = 'Zq3xV9-kT1mWb7RyHc5uJd2sNf8gLp0aEo4iQv6_tBk'
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
let folder = ''
let tls = { key: '', cert: '' }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'landbridge-live-'))
  const san = ADDRESSES.map((address) => `IP:${address}`).join(',')
  const options = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=Tests',
  ]
  execFileSync('openssl', [...options, '-keyout', 'key', '-out', 'crt', '-addext', `subjectAltName=${san}`], { cwd: folder, stdio: 'pipe' })
  tls = { key: readFileSync(join(folder, 'key'), 'utf8'), cert: readFileSync(join(folder, 'crt'), 'utf8') }
})
afterAll(() => rmSync(folder, { recursive: true }))

async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address)
  await once(server, 'listening')
  const sockets = new Set<net.Socket>()
  for (const event of ['connection', 'secureConnection']) {
    server.on(event, (socket: net.Socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
    })
  }
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** A server over https whose listener may be chosen once its port is known. */
async function secure(address: string): Promise<{ host: string; serve(listener: RequestListener): void }> {
  let listener: RequestListener = (_, res) => void res.end('hello')
  const server = https.createServer(tls, (req, res) => listener(req, res))
  const port = await listening(server, address)
  return { host: `${address}:${port}`, serve: (chosen) => (listener = chosen) }
}

function application(topology: SessionsOptions['topology'], more: Partial<SessionsOptions> = {}): RequestListener {
  const sessions = createSessions({ topology, store: memory(), keys: [KEY], ...more })
  onTestFinished(() => sessions.close())
  return nodeSessions(sessions, (_req, res) => void res.end('the application'))
}

/** Peers on two hosts, each served by what `wrap` makes of the application. */
async function peers(wrap: (serve: RequestListener, index: number) => RequestListener = (serve) => serve) {
  const [one, two] = [await secure(ADDRESSES[0]!), await secure(ADDRESSES[1]!)]
  const topology = { kind: 'peers', hosts: [one.host, two.host] } as const
  const serve = application(topology)
  one.serve(wrap(serve, 0))
  two.serve(wrap(serve, 1))
  return { topology, one, two }
}

interface Report {
  readonly code: number | null
  readonly findings: readonly { check: string; level: string; where: string; message: string; evidence: string[] }[]
  readonly problems: readonly string[]
}

async function live(topology: unknown, { options = {}, args = [] as string[], trust = true } = {}): Promise<Report> {
  const document = { topology, store: 'sqlite:', keys: [KEY], ...options }
  const env: Record<string, string> = trust ? { NODE_EXTRA_CA_CERTS: join(folder, 'crt') } : {}
  const { code, out, err } = await landbridge(['doctor', '-', '--live', '--json', ...args], { stdin: JSON.stringify(document), env })
  expect(err).toBe('')
  return { code, ...(JSON.parse(out) as Omit<Report, 'code'>) }
}

const checks = ({ findings }: Report): string[][] => findings.map(({ check, where }) => [check, where])

describe('What is there is told from what is not', () => {
  test('peers that answer as Landbridge does, over https, raise nothing', async () => {
    const { topology } = await peers()
    expect(await live(topology)).toEqual({ format: 1, fine: true, code: 0, findings: [], problems: [] })
  })

  test('a hub below localhost, at the port that is named, beside a spoke without an address', async () => {
    const topology = {
      kind: 'hub',
      hub: 'acme.localhost',
      spokes: ['elmer.acme.localhost', 'nowhere.invalid', '*.acme.localhost'],
    } as const
    const port = await listening(http.createServer(application({ ...topology, authorize: () => true })))
    const report = await live({ ...topology, authorize: true }, { args: ['--port', String(port)] })
    expect([report.code, report.problems, checks(report)]).toEqual([
      1,
      [],
      [
        ['spoke-dangling', 'topology.spokes[1]'],
        ['hosts-local-and-public', 'topology.hub'],
        ['proxies-not-named', 'trustedProxies'],
        ['hosts-not-asked', 'topology.spokes[2]'],
      ],
    ])
    expect(report.findings[0]!.message).toBe('The name nowhere.invalid has no address.')
  })

  test('an isolated host without an address, and one that redirects its visitors elsewhere as it likes', async () => {
    const one = await secure(ADDRESSES[0]!)
    one.serve((_, res) => void res.writeHead(302, { location: 'https://login.example/' }).end())
    const report = await live({ kind: 'isolated', hosts: [one.host, 'nowhere.invalid'] }, { options: { trustedProxies: ['10.0.0.1'] } })
    expect([report.code, checks(report)]).toEqual([
      1,
      [
        ['host-unresolved', 'topology.hosts[1]'],
        ['hosts-local-and-public', 'topology.hosts[0]'],
      ],
    ])
  })

  test('another configuration, and another server', async () => {
    const { topology, one, two } = await peers()
    one.serve(application({ kind: 'peers', hosts: ['other.example', two.host] }))
    two.serve((_, res) => void res.end('<h1>It works!</h1>'))
    const report = await live(topology)
    expect([report.code, checks(report)]).toEqual([
      1,
      [
        ['host-not-served', 'topology.hosts[0]'],
        ['host-not-landbridge', 'topology.hosts[1]'],
      ],
    ])
    expect(report.findings.map(({ evidence }) => evidence)).toEqual([
      [`GET https://${one.host}/.session/accounts: 421`],
      [`GET https://${two.host}/.session/accounts: 200`],
    ])
  })

  test('a certificate that nobody vouches for', async () => {
    const { topology } = await peers()
    const report = await live(topology, { trust: false })
    expect([report.code, checks(report)]).toEqual([
      1,
      [
        ['certificate-refused', 'topology.hosts[0]'],
        ['certificate-refused', 'topology.hosts[1]'],
      ],
    ])
  })

  test('nothing is asked without --live', async () => {
    let asked = 0
    const { topology } = await peers((serve) => (req, res) => {
      asked++
      serve(req, res)
    })
    const stdin = JSON.stringify({ topology, store: 'sqlite:', keys: [KEY] })
    expect((await landbridge(['doctor', '-'], { stdin })).code).toBe(0)
    expect(asked).toBe(0)
    await live(topology)
    expect(asked).toBe(2)
  })
})

describe('A proxy that ends TLS', () => {
  const behind = async (headers: Record<string, string>, more: Partial<SessionsOptions> = {}) => {
    const [one, two] = [await secure(ADDRESSES[0]!), await secure(ADDRESSES[1]!)]
    const topology = { kind: 'peers', hosts: [one.host, two.host] } as const
    const port = await listening(http.createServer(application(topology, more)))
    const proxy = (req: IncomingMessage, res: ServerResponse): void => {
      const options = { port, path: req.url, method: req.method, headers: { ...req.headers, ...headers } }
      http.request(options, (back) => back.pipe(res.writeHead(back.statusCode!, back.headers))).end()
    }
    for (const each of [one, two]) each.serve(proxy)
    return live(topology)
  }

  test('and does not say https, or is not believed, is a fault', async () => {
    for (const report of [await behind({}), await behind({ 'x-forwarded-proto': 'https' })]) {
      expect([report.code, checks(report)]).toEqual([
        1,
        [
          ['proxy-hides-https', 'topology.hosts[0]'],
          ['proxy-hides-https', 'topology.hosts[1]'],
        ],
      ])
    }
  })

  test('and says it, and is believed, is none; one that says two things is', async () => {
    const trusted = { trustedProxies: ['127.0.0.0/8'] }
    expect(await behind({ 'x-forwarded-proto': 'https' }, trusted)).toMatchObject({ code: 0, findings: [], problems: [] })
    const report = await behind({ 'x-forwarded-proto': 'https, http' }, trusted)
    expect([report.code, checks(report).map(([check]) => check)]).toEqual([1, ['proxy-forwards-badly', 'proxy-forwards-badly']])
  })
})

describe('Clocks', () => {
  const aheadBy = (...seconds: number[]) =>
    peers((serve, index) => (req, res) => {
      // A Date header has no fractions: what it leaves out is less than a second.
      res.setHeader('date', new Date(Date.now() + seconds[index]! * 1000).toUTCString())
      serve(req, res)
    })

  test('that are ahead or behind by more than five seconds are faults', async () => {
    const { topology } = await aheadBy(90, -90)
    const report = await live(topology)
    expect([report.code, report.findings.map(({ check, where, message }) => [check, where, message])]).toEqual([
      1,
      [
        ['clock-skew', 'topology.hosts[0]', expect.stringMatching(/^The clock of 127\.0\.0\.1 is (?:89|90) s ahead of this machine's\.$/)],
        ['clock-skew', 'topology.hosts[1]', expect.stringMatching(/^The clock of 127\.0\.0\.2 is (?:90|91) s behind this machine's\.$/)],
      ],
    ])
  })

  test('that are right enough beside this machine are a fault where they are apart from each other', async () => {
    const report = await live((await aheadBy(4, -5)).topology)
    expect([report.code, checks(report)]).toEqual([1, [['clock-skew', 'topology.hosts[0]']]])
    expect(report.findings[0]!.message).toMatch(/^The clocks of 127\.0\.0\.1 and 127\.0\.0\.2 are \d+ s apart\.$/)
  })

  test('that are three seconds off are none', async () => {
    expect(await live((await aheadBy(2, -1)).topology)).toMatchObject({ code: 0, findings: [] })
  })

  test('are a warning where nothing crosses', async () => {
    const one = await secure(ADDRESSES[0]!)
    one.serve((_, res) => void res.writeHead(200, { date: new Date(Date.now() - 60_000).toUTCString() }).end('hello'))
    const report = await live({ kind: 'isolated', hosts: [one.host] })
    expect([report.code, report.findings.map(({ check, level }) => [check, level])]).toEqual([0, [['clock-skew', 'warning']]])
  })
})

describe('A server that cannot be asked is told in one sentence, within seconds: 2', () => {
  const broken = async (listener: RequestListener): Promise<Report> => {
    const { topology } = await peers((serve, index) => (index === 0 ? listener : serve))
    const began = Date.now()
    const report = await live(topology)
    expect(Date.now() - began).toBeLessThan(15_000)
    expect([report.code, report.findings, report.problems.length]).toEqual([2, [], 1])
    return report
  }

  test.each<[string, RequestListener, RegExp]>([
    ['never answers', () => undefined, /did not answer within 5 s\.$/],
    ['never ends its answer', (_, res) => void setInterval(() => res.write(' '), 100).unref(), /did not answer within 5 s\.$/],
    ['sends a body without end', endless, /answered with more than 64 kB, which Landbridge does not\.$/],
    ['redirects in a circle', (req, res) => void res.writeHead(302, { location: req.url }).end(), /redirects to itself/],
    [
      'redirects elsewhere',
      (_, res) => void res.writeHead(302, { location: 'http://[' }).end(),
      /redirects to another address, which is not followed/,
    ],
    ['speaks something else', (req) => void req.socket.end('220 ready\r\n'), /does not speak HTTP\.$/],
    ['breaks the connection off', (req) => void req.socket.destroy(), /broke the connection off\.$/],
    [
      'sends 60 kB of headers',
      (_, res) => void res.writeHead(200, { x: 'y'.repeat(60_000) }).end(),
      /answered with headers of more than 16 kB\.$/,
    ],
    ['has nothing behind it', (_, res) => void res.writeHead(502).end('Bad Gateway'), /answered 502\.$/],
  ])('one that %s', async (_, listener, sentence) => {
    expect((await broken(listener)).problems[0]).toMatch(sentence)
  })

  test('one that is not there, and one that speaks no TLS', async () => {
    const plain = await listening(
      http.createServer((_, res) => void res.end()),
      ADDRESSES[0],
    )
    const closed = net.createServer()
    const port = await listening(closed, ADDRESSES[1])
    closed.close()
    const report = await live({ kind: 'isolated', hosts: [`127.0.0.1:${plain}`, `127.0.0.2:${port}`] })
    expect([report.code, report.problems]).toEqual([
      2,
      [`https://127.0.0.1:${plain}/ does not speak TLS.`, `https://127.0.0.2:${port}/ refused the connection.`],
    ])
  })

  test('many that hang are asked four at once, and twenty at most', async () => {
    let open = 0
    let most = 0
    let all = 0
    const port = await listening(
      http.createServer((_, res) => {
        all++
        most = Math.max(most, ++open)
        setTimeout(() => {
          open--
          res.end()
        }, 100)
      }),
    )
    const hosts = Array.from({ length: 25 }, (_, i) => `h${i}.localhost`)
    const report = await live({ kind: 'isolated', hosts }, { args: ['--port', String(port)] })
    expect([report.code, all, most]).toEqual([0, 20, 4])
    expect(report.findings).toEqual([expect.objectContaining({ check: 'hosts-not-asked', message: '5 more: 20 hosts are asked at most.' })])
  })
})

/** As fast as it is taken. */
function endless(_: IncomingMessage, res: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, 'x')
  const more = (): void => {
    while (res.write(chunk));
  }
  res.on('drain', more).writeHead(200)
  more()
}
