import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { request } from 'undici'
import type { Session, Sessions, Topology } from 'landbridge'
import { createSessions, LandbridgeError } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { Browser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = join(root, 'packages/landbridge/src')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const sourceFiles = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** The members of `export type <name> = 'a' | 'b'`, or of every `type: 'a' | 'b'` of an object union. */
function literals(file: string, start: RegExp): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const body = start.exec(text)?.[1] ?? ''
  return [...body.matchAll(/'([a-zA-Z_.-]+)'/g)].map((match) => match[1]!)
}

const errorCodes = literals('core/errors.ts', /export type ErrorCode =([^]*?)\n\n/)
const requestReasons = literals('core/events.ts', /export type RequestReason =([^]*?)\n\n/)
const cookieReasons = literals('core/events.ts', /export type CookieReason =([^\n]*)/)
const crossingReasons = literals('core/events.ts', /export type CrossingReason =([^]*?)\n\n/)
const eventTypes = [...readFileSync(join(source, 'core/events.ts'), 'utf8').matchAll(/readonly type: ([^;\n]+)/g)].flatMap((match) =>
  [...match[1]!.matchAll(/'([^']+)'/g)].map((each) => each[1]!),
)
const faultCodes = sourceFiles.flatMap((file) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:faults|this)\.add\(\s*'([^']+)'/g)].map((match) => match[1]!),
)

/** The codes in the first column of the tables under a heading. */
function documented(heading: string): string[] {
  const section =
    read('docs/errors.md')
      .split(/^## /m)
      .find((each) => each.startsWith(heading)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!)
}

describe('docs/errors.md lists every code of the source, and no other', () => {
  test.each([
    ['Errors', errorCodes],
    ['Reasons for a refused request', requestReasons],
    ['Reasons for a refused cookie', cookieReasons],
    ['Reasons for a refused crossing', crossingReasons],
    ['Events', eventTypes],
    ['Faults of a configuration', [...new Set(faultCodes)]],
  ])('%s', (heading, codes) => {
    expect(codes.length).toBeGreaterThan(4)
    expect(documented(heading).sort()).toEqual([...codes].sort())
  })
})

test('the README states the status that each refusal and error has', () => {
  const readme = read('README.md')
  for (const code of errorCodes.filter((each) => each !== 'ERR_CONFIG_INVALID')) {
    const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``))
    expect(row, code).toContain(`| ${new LandbridgeError(code as 'ERR_KEY_INVALID', '', { hint: '' }).status} |`)
  }
  const replies = readFileSync(join(source, 'core/reply.ts'), 'utf8')
  for (const reason of requestReasons) {
    const status = new RegExp(`'${reason}': \\[\\s*(\\d+)`).exec(replies)?.[1]
    expect(readme, reason).toContain(`| \`${reason}\` | ${status} |`)
  }
})

test('docs/errors.md states the status that each refused step of a crossing is answered with', () => {
  const answers = readFileSync(join(source, 'core/refuse.ts'), 'utf8')
  const otherwise = /ANSWERS\[reason\] \?\? \[(\d+)/.exec(answers)?.[1]
  for (const reason of crossingReasons.filter((each) => each !== 'loop-guard')) {
    const status = new RegExp(`^ {2}'?${reason}'?: \\[(\\d+)`, 'm').exec(answers)?.[1] ?? otherwise
    expect(read('docs/errors.md'), reason).toContain(`| \`${reason}\` | ${status} |`)
  }
})

test('the README names every option, every method of a session and every method of the sessions', () => {
  const members = (file: string, start: string): string[] => {
    const text = readFileSync(join(source, file), 'utf8')
    const body = text.slice(text.indexOf(start)).split(/^}/m)[0]!
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(?<:]/gm)].map((match) => match[1]!)
  }
  const names = [
    ...members('core/config.ts', 'export interface SessionsOptions'),
    ...members('core/session.ts', 'export interface Session<'),
    ...members('sessions.ts', 'export interface Sessions<'),
  ]
  expect(names.length).toBeGreaterThan(30)
  const readme = read('README.md')
  expect(names.filter((name) => !new RegExp(`^\\| \`${name}\\b`, 'm').test(readme))).toEqual([])
})

test('docs/django.md answers each of the ninety-nine behaviours once, with a verdict', () => {
  const rows = [...read('docs/django.md').matchAll(/^\| (\d+) \|[^|]+\| (?:same|better|differs|n\/a|later) \|/gm)]
  expect(rows.map((row) => Number(row[1]))).toEqual(Array.from({ length: 99 }, (_, i) => i + 1))
})

test('docs/threat-model.md names for each attack tests that exist', () => {
  const rows = [...read('docs/threat-model.md').matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm)]
  expect(rows.length).toBeGreaterThan(35)
  const named = rows.flatMap(([, attack, tests]) => tests!.split(', ').map((test) => ({ attack, test: test.replace(/^`|`$/g, '') })))
  const fileOf = (test: string): string => join(root, 'test', test.includes('/') ? '' : 'security', `${test}.test.ts`)
  expect(named.filter(({ test }) => !existsSync(fileOf(test)))).toEqual([])
})

test('docs/threat-model.md names every test of test/security', () => {
  const model = read('docs/threat-model.md')
  const tests = readdirSync(join(root, 'test/security')).flatMap((file) => (file.endsWith('.test.ts') ? [file.slice(0, -8)] : []))
  expect(tests.length).toBeGreaterThan(35)
  expect(tests.filter((test) => !model.includes(`\`${test}\``))).toEqual([])
})

describe('Links', () => {
  const files = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'packages/landbridge/README.md'].concat(
    readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join('docs', file)),
  )
  const anchors = (path: string): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/ /g, '-'),
    )
  // Written by `npm run bench`, so that it may be absent from a fresh working copy.
  const made = ['bench/RESULTS.md']

  test.each(files)('every link of %s leads to a file and a heading that exist', (file) => {
    const prose = read(file).replace(/^```[^]*?^```$/gm, '')
    const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split('#')
        const full = path === '' ? join(root, file) : resolve(dirname(join(root, file)), path!)
        if (made.some((each) => full === join(root, each))) return false
        return !existsSync(full) || (anchor !== undefined && !anchors(full).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  test('the index of decisions lists every decision', () => {
    const index = read('docs/decisions/README.md')
    const records = readdirSync(join(root, 'docs/decisions')).filter((file) => /^\d{4}-/.test(file))
    expect(records.length).toBeGreaterThan(0)
    expect(records.filter((file) => !index.includes(`](${file})`))).toEqual([])
  })
})

describe('The examples of the README and of the guides run as they are written', () => {
  let folder = ''
  const pages = ['README.md', 'docs/from-django-shared-session.md', 'docs/from-a-domain-cookie.md', 'docs/devices.md']
  const examples = new Map(
    [
      ...pages
        .map(read)
        .join('\n')
        .matchAll(/^```ts\n\/\/ ([\w-]+\.ts)\n([^]*?)^```$/gm),
    ].map(([, name, code]) => [name!, code!]),
  )

  beforeAll(() => {
    // Inside the repository, so that the examples find `landbridge` and the frameworks as an application would.
    mkdirSync(join(root, '.test-results'), { recursive: true })
    folder = mkdtempSync(join(root, '.test-results/readme-'))
    for (const [name, code] of examples) writeFileSync(join(folder, name), code)
    const compilerOptions = { noEmit: true, allowImportingTsExtensions: true, lib: ['es2024', 'dom', 'dom.iterable'] }
    const settings = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('there is one for each adapter, for each topology that crosses, and for each guide', () => {
    expect([...examples.keys()]).toEqual([
      'first.ts',
      'sessions.ts',
      'express.ts',
      'fastify.ts',
      'hono.ts',
      'node.ts',
      'web.ts',
      'topologies.ts',
      'hub.ts',
      'peers.ts',
      'shops.ts',
      'move.ts',
      'staged.ts',
      'devices.ts',
    ])
  })

  test('the package page shows the same first example as the README', () => {
    const page = read('packages/landbridge/README.md')
    expect(page).toContain(examples.get('first.ts'))
  })

  test('all of them pass a strict type check', async () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    await expect(promisify(execFile)(process.execPath, [compiler, '-p', folder])).resolves.toMatchObject({ stdout: '' })
  })

  test('first.ts counts the visits to each host apart, and takes no cookie of another host', async () => {
    const elmer = await start('first.ts')
    const first = await elmer.send('GET', '/')
    expect(first.body).toBe('Visit 1 to elmer.acme.localhost\n')
    expect((await elmer.send('GET', '/', { cookie: first.cookie })).body).toBe('Visit 2 to elmer.acme.localhost\n')
    const copied = await elmer.send('GET', '/', { cookie: first.cookie, host: `fudd.acme.localhost:${elmer.port}` })
    expect(copied.body).toBe('Visit 1 to fudd.acme.localhost\n')
  })

  test.each(['express.ts', 'fastify.ts', 'hono.ts', 'node.ts'])('%s signs a visitor in on one host, and out again', async (name) => {
    const { send, port } = await start(name)
    expect((await send('GET', '/')).body).toBe('Hello stranger')
    expect((await send('POST', '/login')).status).toBe(403)
    const origin = `http://elmer.acme.localhost:${port}`
    const { cookie } = await send('POST', '/login', { origin })
    expect(cookie).toMatch(/^__Host-sid=/)
    expect((await send('GET', '/', { cookie })).body).toBe('Hello ada')
    expect((await send('GET', '/', { cookie, host: 'fudd.acme.localhost' })).body).toBe('Hello stranger')
    await send('POST', '/logout', { cookie, origin })
    expect((await send('GET', '/', { cookie })).body).toBe('Hello stranger')
  })

  test('devices.ts lists the browsers of whoever signed in, and leads everybody else to the sign-in page', async () => {
    const { send, port } = await start('devices.ts')
    expect((await send('GET', '/account/devices')).status).toBe(303)
    const { cookie } = await send('POST', '/login', { origin: `http://elmer.acme.localhost:${port}` })
    expect((await send('GET', '/account/devices', { cookie })).body).toContain('<h1>Where you are signed in</h1>')
  })

  test('node.ts greets a signed-in visitor over a WebSocket, and refuses a foreign page', async () => {
    const { send, port } = await start('node.ts')
    const host = `elmer.acme.localhost:${port}`
    const { cookie } = await send('POST', '/login', { origin: `http://${host}` })
    const greeted = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host, cookie, origin: `http://${host}` } })
    expect(String((await once(greeted, 'message'))[0])).toBe('Hello ada')
    greeted.terminate()
    const foreign = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host, cookie, origin: 'https://evil.example' } })
    expect(String((await once(foreign, 'error'))[0])).toContain('403')
  })

  test('web.ts signs a visitor in', async () => {
    process.chdir(folder) // its session file stays there
    const { default: app } = (await import(pathToFileURL(join(folder, 'web.ts')).href)) as {
      default: { fetch(request: Request): Promise<Response> }
    }
    const url = 'https://elmer.acme.localhost'
    const response = await app.fetch(new Request(`${url}/login`, { method: 'POST', headers: { origin: url } }))
    expect(await response.text()).toBe('Hello ada')
    const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
    expect(await (await app.fetch(new Request(`${url}/`, { headers: { cookie } }))).text()).toBe('Hello ada')
    expect(await (await app.fetch(new Request('https://fudd.acme.localhost/', { headers: { cookie } }))).text()).toBe('Hello stranger')
  })

  test('topologies.ts holds topologies that work, and the last one keeps a host out of the shared session', async () => {
    const topologies = (await import(pathToFileURL(join(folder, 'topologies.ts')).href)) as Record<string, Topology | Topology[]>
    const [isolated, shared, mixed] = ['eachHostByItself', 'oneDomain', 'oneDomainButOneHost'].map((name) =>
      createSessions({ topology: topologies[name]!, store: memory() }),
    )
    const visit = async (sessions: Sessions, url: string, cookie = '') => {
      const body = async (session: Session) => new Response(String(await session.update('visits', (count) => Number(count ?? 0) + 1)))
      const response = await sessions.handle(new Request(url, { headers: { cookie } }), body)
      return { status: response.status, text: await response.text(), cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    }
    expect(await visit(isolated!, 'https://shop.example.net')).toMatchObject({ status: 200, text: '1' })
    expect(await visit(isolated!, 'https://other.example.net')).toMatchObject({ status: 421 })
    for (const [sessions, host, text] of [
      [shared!, 'app.example.com', '2'],
      [shared!, 'admin.example.com', '2'],
      [mixed!, 'app.example.com', '2'],
      [mixed!, 'admin.example.com', '1'],
    ] as const) {
      const { cookie } = await visit(sessions, 'https://www.example.com')
      expect(await visit(sessions, `https://${host}`, cookie), host).toMatchObject({ text })
    }
  })

  test('hub.ts leads from a protected page of a spoke by the sign-in page and back, and keeps out who is no member', async () => {
    const { browser, port } = await browse('hub.ts')
    const asked = await browser.go(`http://fudd.acme.localhost:${port}/private`)
    expect(asked.url).toContain(`http://acme.localhost:${port}/login?return=`)
    const back = await browser.post(asked.url, {})
    expect(back.url).toBe(`http://fudd.acme.localhost:${port}/private`)
    expect(back.text).toBe('Hello ada, {"role":"member"}')
    expect((await browser.go(`http://elmer.acme.localhost:${port}/`)).text).toBe('Hello ada, {"role":"member"}')
    expect((await browser.go(`http://other.acme.localhost:${port}/`)).text).toBe('Hello stranger')
  })

  test('peers.ts takes the cart of an anonymous visitor along to the sister', async () => {
    const { browser, port } = await browse('peers.ts')
    const [a, b] = [`http://shop-a.localhost:${port}/`, `http://shop-b.localhost:${port}/`]
    expect((await browser.post(`${a}add`, {}, a)).text).toContain('shop-a.localhost: 1 in your cart')
    const went = await browser.post(`${a}.session/push`, { to: b }, a)
    expect(went.url).toBe(b)
    expect(went.text).toContain('shop-b.localhost: 1 in your cart')
    await browser.post(`${b}add`, {}, b)
    expect((await browser.go(a)).text).toContain('shop-a.localhost: 2 in your cart')
  })

  test('shops.ts carries an anonymous session between the shops, and hears of it', async () => {
    process.chdir(folder)
    const { sessions, replaced } = (await import(pathToFileURL(join(folder, 'shops.ts')).href)) as {
      sessions: Sessions
      replaced: string[]
    }
    const [a, b] = ['https://www.example.com/', 'https://www.example.org/']
    const add = (session: Session): Promise<unknown> => session.update('cart', (count) => Number(count ?? 0) + 1)
    const browser = new Browser((asked) => sessions.handle(asked, async (session) => new Response(String(await add(session)))))
    await browser.post(a, {})
    expect(await browser.post(`${a}.session/push`, { to: b }, a)).toMatchObject({ url: b, text: '2' })
    expect(replaced).toEqual(['www.example.com -> www.example.org, was empty: true'])
  })

  test('move.ts takes a session with a domain cookie to the hub, once, without a password', async () => {
    const { browser, before } = await moving('move-today.ts', Date.now() + 86_400_000)
    expect((await browser.go('https://elmer.acme.com/cart?x=1')).url).toBe('https://elmer.acme.com/cart?x=1')
    const names = await browser.cookieNames('https://elmer.acme.com/')
    expect(names).toContain('__Host-sid')
    expect(names).not.toContain('__Secure-sid')
    expect((await browser.go('https://fudd.acme.com/')).text).toBe('Hello bob')
    expect((await browser.go('https://admin.acme.com/')).text).toBe('Hello stranger')
    expect(await before.sessionsOf('bob')).toHaveLength(1) // that of the hub: both instances look into one store
  })

  test('move.ts believes no domain cookie once its time is over', async () => {
    const { browser } = await moving('move-later.ts', Date.now() - 1000)
    expect((await browser.go('https://elmer.acme.com/')).text).toBe('Hello stranger')
    expect((await browser.go('https://acme.com/login')).text).toBe('your sign-in form')
  })

  test('staged.ts gives the hosts that have moved to the hub, and the others the domain cookie', async () => {
    const { staged } = (await import(pathToFileURL(join(folder, 'staged.ts')).href)) as { staged: Topology[] }
    const sessions = createSessions({ topology: staged, store: memory(), keys: ['a key of at least thirty-two characters'] })
    const browser = new Browser((asked) =>
      sessions.handle(asked, async (session) => {
        if (asked.method === 'POST') await session.signIn({ id: 'ada' })
        return new Response((await session.account())?.id ?? 'nobody')
      }),
    )
    await browser.post('https://www.acme.com/', {})
    expect((await browser.go('https://shop.acme.com/')).text).toBe('ada')
    expect((await browser.go('https://elmer.acme.com/')).text).toBe('nobody')
    await browser.post('https://login.acme.com/', {})
    expect((await browser.go('https://elmer.acme.com/')).text).toBe('ada')
  })

  /** The guide's example with another end of the move, and a browser with the cookie from before. */
  async function moving(name: string, until: number) {
    process.chdir(folder)
    const dated = examples.get('move.ts')!.replace('2027-02-01', new Date(until).toISOString())
    writeFileSync(join(folder, name), dated.replace('sessions.db', `${name}.db`))
    const { before, serve } = (await import(pathToFileURL(join(folder, name)).href)) as Record<'before', Sessions> &
      Record<'serve', (asked: Request) => Promise<Response>>
    const signIn = async (session: Session): Promise<Response> => {
      await session.signIn({ id: 'bob' })
      return new Response()
    }
    let handler = (asked: Request): Promise<Response> => before.handle(asked, signIn)
    const browser = new Browser((asked) => handler(asked))
    await browser.post('https://acme.com/', {})
    expect(await browser.cookieNames('https://elmer.acme.com/')).toEqual(['__Secure-sid'])
    handler = serve
    return { browser, before }
  }

  /** An example in a process of its own, and a browser that finds it under every name. */
  async function browse(name: string) {
    const { port } = await start(name)
    const serve = async (asked: Request): Promise<Response> => {
      const { pathname, search, host } = new URL(asked.url)
      const body = await asked.text()
      const headers = { ...Object.fromEntries(asked.headers), host }
      const init = { method: asked.method as 'GET', headers, ...(body ? { body } : {}) }
      const got = await request(`http://127.0.0.1:${port}${pathname}${search}`, init)
      const answer = new Response(await got.body.text(), { status: got.statusCode })
      for (const [header, values] of Object.entries(got.headers))
        for (const value of [values ?? []].flat()) answer.headers.append(header, value)
      return answer
    }
    return { browser: new Browser(serve), port }
  }

  /** Runs an example in a process of its own, on a free port in place of 3000, until the test ends. */
  async function start(name: string) {
    const port = await freePort()
    const script = join(folder, `on-${port}-${name}`)
    const written = examples.get(name)!
    expect(written.match(/\b3000\b/g)).toHaveLength(1)
    writeFileSync(script, written.replace(/\b3000\b/, String(port)))
    const child = spawn(process.execPath, [script], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint += String(chunk)))
    onTestFinished(async () => {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    })

    const send = async (method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}) => {
      const host = `elmer.acme.localhost:${port}`
      const { statusCode, headers: got, body } = await request(`http://127.0.0.1:${port}${path}`, { method, headers: { host, ...headers } })
      const cookie = [got['set-cookie'] ?? ''].flat()[0]!.split(';')[0]!
      return { status: statusCode, cookie, body: await body.text() }
    }
    // Any answer will do: it listens. An unlisted host is refused before the application, so this leaves no trace.
    const deadline = Date.now() + 10_000
    for (;;) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} did not start: ${complaint}`)
      const listens = await send('GET', '/', { host: 'nobody.invalid' }).catch(() => null)
      if (listens !== null) return { port, send }
      await pause(25)
    }
  }
})
