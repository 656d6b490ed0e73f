// `landbridge doctor <module>`: real modules, each imported in a process that is gone afterwards.
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { folderWith, landbridge, onTerminal } from '../support/cli.ts'

const KEY = 'Zq3xV9-kT1mWb7RyHc5uJd2sNf8gLp0aEo4iQv6_tBk'
const HEAD = `import { createSessions } from 'landbridge'\nimport { sqlite } from 'landbridge/sqlite'\n`
const GOOD = `createSessions({ topology: { kind: 'isolated', hosts: ['*.acme.localhost'] }, store: sqlite(':memory:') })\n`
const BAD = `createSessions({ topology: { kind: 'shared', domain: '.co.uk' }, store: sqlite(':memory:'), trustedProxies: ['10.0.0.7'] })\n`

const doctor = (files: Readonly<Record<string, string>>, file: string, ...more: string[]) =>
  landbridge(['doctor', file, ...more], { cwd: folderWith(files, true) })

async function findings(files: Readonly<Record<string, string>>, file: string): Promise<unknown[][]> {
  const { out, err } = await doctor(files, file, '--json')
  expect(err).toBe('')
  const told = (JSON.parse(out) as { findings: { configuration: string; check: string; where: string }[] }).findings
  return told.map(({ configuration, check, where }) => [configuration, check, where])
}

describe('Each createSessions of a module is examined', () => {
  test('exported or not, valid or not, with the line that calls it; what the module prints and opens stays where it is', async () => {
    const app = `${HEAD}import { createServer } from 'node:http'
console.log('listening, with the key ${KEY}')
console.error('trouble')
process.stdin.resume()
createServer().listen(0)
setInterval(() => undefined, 1000)
${GOOD}export const sessions = ${GOOD.replace('{ topology', "{ lifetime: { idle: '40d', absolute: '50d' }, cookieName: 'other', topology")}${BAD}`
    const { code, out, err } = await doctor({ 'src/app.ts': app }, 'src/app.ts')
    expect([code, err]).toEqual([1, ''])
    expect(out.split('\n\n').map((section) => section.split('\n').filter((line) => !line.startsWith('    ')))).toEqual([
      ['src/app.ts:9'],
      ['src/app.ts:10', '! warning lifetime-very-long at lifetime.idle'],
      ['src/app.ts:11', '✗ fault domain-is-public-suffix at topology.domain'],
      ['src/app.ts', '· note module-stopped at src/app.ts'],
      ['Faults were found. 1 fault, 1 warning, 1 note.', ''],
    ])
  })

  test('with functions as what they are, in TypeScript, in JavaScript, in CommonJS and behind an import', async () => {
    const hub = `createSessions({
  topology: { kind: 'hub', hub: 'acme.com', spokes: ['*.acme.com', (host) => host === 'x.com'], authorize: () => true },
  store: sqlite(':memory:'), keys: ['${KEY}'], trustedProxies: ['10.0.0.7'], insecureBypass: () => false,
})\n`
    const required = `const { createSessions } = require('landbridge')\nconst { sqlite } = require('landbridge/sqlite')\n`
    for (const [name, text] of [
      ['a.mjs', HEAD + hub],
      ['a.ts', `${HEAD}const typed: string = 'ä'\n${hub}`],
      ['a.cjs', required + hub],
    ] as const) {
      expect(await findings({ [name]: text }, name)).toEqual([[expect.stringMatching(`^${name}:`), 'bypass-given', 'insecureBypass']])
    }
    const files = { 'lib/sessions.ts': HEAD + hub, 'main.mts': "import './lib/sessions.ts'\n" }
    expect(await findings(files, 'main.mts')).toEqual([['lib/sessions.ts:3', 'bypass-given', 'insecureBypass']])
  })

  test('also when it is called after the module was loaded, and beside a server whose port is taken', async () => {
    const port = await freePort()
    const late = `${HEAD}import { createServer } from 'node:http'
async function main() {
  await new Promise((done) => setTimeout(done, 100))
  createServer().listen(${port}, '127.0.0.1')
  createServer().listen(${port}, '127.0.0.1')
  ${BAD}}
void main()\n`
    expect(await findings({ 'late.ts': late }, 'late.ts')).toEqual([
      ['late.ts:8', 'domain-is-public-suffix', 'topology.domain'],
      ['late.ts', 'module-stopped', 'late.ts'],
    ])
  })

  test('and two that serve one host under one cookie name are told', async () => {
    expect(await findings({ 'two.ts': HEAD + GOOD + GOOD }, 'two.ts')).toEqual([
      ['two.ts:4', 'host-in-two-configurations', 'topology.hosts[0]'],
    ])
  })

  test('as are the faults with which a store is refused', async () => {
    const text = `import { sealedCookie } from 'landbridge/sealed-cookie'\nsealedCookie({ keys: ['short'], chunks: 9 })\n`
    expect(await findings({ 'store.ts': text }, 'store.ts')).toEqual([
      ['store.ts', 'key-too-short', 'sealedCookie: keys[0]'],
      ['store.ts', 'chunks-invalid', 'sealedCookie: chunks'],
      ['store.ts', 'module-stopped', 'store.ts'],
    ])
  })
})

describe('What cannot be found out is told in a sentence, with exit code 2 and what was found so far', () => {
  test.each([
    ['throws', 'throw new TypeError("no database")', /ended with an error at app\.ts:1: no database\.$/m],
    ['throws something odd', 'throw { toString() { throw 1 } }', /ended with an error: something that is no error\.$/m],
    ['throws nothing', 'throw null', /ended with an error: something that is no error\.$/m],
    [
      'throws an error whose message is none',
      "throw Object.defineProperty(new Error('x'), 'message', { get: () => { throw new Error('y') } })",
      /ended with an error: something that is no error\.$/m,
    ],
    ['waits for what does not come', 'await new Promise(() => undefined)', /a top-level await waits for what does not come/],
    [
      'waits for it with a server open',
      "import http from 'node:http'\nhttp.createServer().listen(0)\nawait new Promise(() => undefined)",
      /was not loaded within 1 s/,
    ],
    ['never lets go of the processor', 'for (;;);', /did not let go of the processor within 1 s, and was ended/],
    ['ends the process', 'process.exit(7)', /ended its process \(exit code 7\) before createSessions was called/],
    ['kills the process', "process.kill(process.pid, 'SIGTERM')\nawait new Promise((done) => setTimeout(done, 500))", /ended by SIGTERM/],
    ['is killed, as for want of memory', "process.kill(process.pid, 'SIGKILL')\nfor (;;);", /ended by SIGKILL\.$/m],
    ['makes no sessions', 'export {}', /createSessions was not called/],
    ['makes no sessions, and listens', "import http from 'node:http'\nhttp.createServer().listen(0)", /createSessions was not called/],
    ['is no program', '\nexport const a = (', /ended with an error at app\.ts:2: [^.]*\.$/m],
    [
      'imports what is not there',
      "import './nothing'",
      /Run this where your application is\. Node finds a TypeScript module only by its whole name/,
    ],
    ['has decorators', '@((each: unknown) => each)\nclass A {}\nexport { A }', /Decorators stay in it.* name the compiled \.js file/],
    ['imports a type like a value', "import { SessionsOptions } from 'landbridge'\n", /at app\.ts:1: .*without the word `type`/],
    ['is TypeScript that cannot be stripped', 'enum A { b }\nexport { A }', /name the compiled \.js file, or bring a loader/],
  ])('a module that %s', async (_, text, sentence) => {
    const { code, out, err } = await doctor({ 'app.ts': text }, 'app.ts', '--wait', '1')
    expect([code, err]).toEqual([2, ''])
    expect(out).toMatch(sentence)
    expect(out).toMatch(/^\? app\.ts: .*\n\nNot everything could be found out\.\n$/)
  })

  test('a module that ends with an error after its sessions: they are examined, and fine is false', async () => {
    const { code, out } = await doctor(
      { 'app.ts': `${HEAD}${GOOD.replace('{ topology', '{ insecureBypass: () => true, topology')}throw new Error('later')` },
      'app.ts',
      '--json',
    )
    expect([code, JSON.parse(out)]).toEqual([
      2,
      {
        format: 1,
        fine: false,
        findings: [expect.objectContaining({ configuration: 'app.ts:3', check: 'bypass-given' })],
        problems: ['app.ts: it ended with an error at app.ts:4: later.'],
      },
    ])
  })

  test('a Node that runs no TypeScript', async () => {
    const cwd = folderWith({ 'app.ts': HEAD + GOOD }, true)
    const { code, out } = await landbridge(['doctor', 'app.ts'], { cwd, env: { NODE_OPTIONS: '--no-experimental-strip-types' } })
    expect([code, out]).toEqual([2, expect.stringMatching(/Node v\d+.* runs TypeScript as far as types can be taken out, from 22\.18 on/)])
  })

  test.each([
    [['doctor', 'nothing.ts'], /there is no file nothing\.ts/],
    [['doctor', 'nothing.json'], /there is no file nothing\.json/],
    [['doctor', 'app.py'], /doctor reads a \.ts, \.js or \.json file/],
    [['doctor', '.ts'], /there is no file \.ts/],
    [['doctor', 'a.ts', 'b.ts'], /one configuration at a time/],
    [['doctor', 'a.ts', '--wait', '0'], /--wait is a number of seconds from 1 to 600/],
    [['doctor', 'a.ts', '--wait', 'x'], /--wait is a whole number/],
    [['doctor', 'a.ts', '--port', '70000'], /--port is a number from 1 to 65535/],
    [['doctor', '--live'], /--live needs a configuration/],
    [['doctor', 'a.ts', '--lives'], /doctor has no option --lives/],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await landbridge(args, { cwd: folderWith({}) })
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
    expect(err.split('\n')).toHaveLength(2)
  })
})

test('No secret is shown: keys of the options, of the environment, passwords of URLs, in whatever the module throws', async () => {
  const text = `${HEAD}const key = 'sEcReT-in-the-source-of-the-module-0123'
const sessions = ${GOOD.replace('{ topology', '{ keys: [key], topology')}
throw new Error(\`\${key} \${process.env.APP_KEY} \${encodeURIComponent(process.env.DB_PASSWORD)} postgres://ann:sEcReT/@db:5432/x?password=sEcReT\`)`
  const cwd = folderWith({ 'app.ts': text }, true)
  const env = { APP_KEY: 'sEcReT-of-the-environment', DB_PASSWORD: 'sEcReT /ü+' }
  const { code, out, err } = await landbridge(['doctor', 'app.ts'], { cwd, env })
  expect([code, err]).toEqual([2, ''])
  expect(out).toContain('? app.ts: it ended with an error at app.ts:6: *** *** *** postgres://ann:***@db:5432/x?password=***')
  expect(out).not.toContain('sEcReT')
})

test('nor a key that the module reads from a file by itself, or that stands in its source, whoever throws it', async () => {
  const hex = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978'
  const base64 = 'q3xV9/kT1mWb7RyHc5uJd2sN+8gLp0aEo4iQv6tBkZw='
  for (const text of [
    "process.loadEnvFile('.env')\nthrow new Error(`the key ${process.env.APP_KEY} is bad`)",
    `throw 'the key ${KEY} is bad'`,
    `throw new Error('the key ${hex} is bad')`,
    `throw new Error('the key ${base64} is bad')`,
    `${HEAD}createSessions({ get topology() { throw new Error('the key ${KEY} is bad') } })`,
  ]) {
    const { code, out, err } = await doctor({ 'app.ts': text, '.env': 'APP_KEY=sEcReT-of-the-file' }, 'app.ts')
    expect([code, err]).toEqual([2, ''])
    expect(out).toMatch(/^\? app\.ts: .*: the key \*\*\* is bad/)
  }
})

test('nor a key of the environment that stands where something else belongs', async () => {
  const key = KEY.replaceAll(/[-_]/g, 'x')
  const options = `{ topology: { kind: 'isolated', hosts: [process.env.APP_KEY, 'x.localhost'] }, cookieName: \`\${process.env.APP_KEY};\`,
    trustedOrigins: [process.env.APP_KEY], [process.env.APP_KEY]: 1, store: sqlite(':memory:') }`
  const cwd = folderWith({ 'app.ts': `${HEAD}createSessions(${options})\n` }, true)
  for (const more of [[], ['--json']]) {
    const { code, out, err } = await landbridge(['doctor', 'app.ts', ...more], { cwd, env: { APP_KEY: key } })
    expect([code, err]).toEqual([1, ''])
    expect(out).toContain('***')
    expect(out.toLowerCase()).not.toContain(key.toLowerCase())
  }
})

test('A module that writes stacks in its own way is told by its name, without a line', async () => {
  const text = `${HEAD}Error.prepareStackTrace = (_, sites) => sites\n${GOOD.replace('{ topology', '{ insecureBypass: () => true, topology')}`
  expect(await findings({ 'app.ts': text }, 'app.ts')).toEqual([['app.ts', 'bypass-given', 'insecureBypass']])
})

test('On a terminal the report has colours', async () => {
  const cwd = folderWith({ 'app.ts': HEAD + BAD }, true)
  const { code, out } = await onTerminal(['doctor', 'app.ts'], { cwd, env: { TERM: 'xterm-256color', NO_COLOR: '', FORCE_COLOR: '' } })
  expect([code, out]).toEqual([1, expect.stringContaining('\u001b[31m✗')])
})

describe('--store beside a configuration', () => {
  const few = ['--histories', '20', '--seed', '1']

  test('tries it as well: one report after the other, one object as JSON', async () => {
    const files = { 'app.ts': HEAD + BAD }
    const text = await doctor(files, 'app.ts', '--store', 'memory:', ...few)
    expect([text.code, text.out]).toEqual([
      1,
      expect.stringMatching(/domain-is-public-suffix[^]*Faults were found[^]*cases of the contract passed/),
    ])
    const json = await doctor(files, 'app.ts', '--json', '--store', 'memory:', ...few)
    expect([json.code, JSON.parse(json.out)]).toEqual([
      1,
      expect.objectContaining({ format: 1, fine: false, store: expect.objectContaining({ store: 'memory:', fine: true }) }),
    ])
  }, 60_000)

  test('that cannot be tried is a problem of the whole: 2', async () => {
    const { code, out, err } = await doctor({ 'app.ts': HEAD + GOOD }, 'app.ts', '--json', '--store', 'redis://ann:geheim@127.0.0.1:1')
    expect([code, JSON.parse(out)]).toEqual([
      2,
      expect.objectContaining({ fine: false, store: null, problems: ['redis://ann:***@127.0.0.1:1 could not be tried.'] }),
    ])
    expect(out + err).not.toContain('geheim')
  })

  test('is not taken from the environment where a configuration is named', async () => {
    const cwd = folderWith({ 'app.ts': HEAD + GOOD }, true)
    const { code, out } = await landbridge(['doctor', 'app.ts'], { cwd, env: { LANDBRIDGE_STORE_URL: 'redis://127.0.0.1:1' } })
    expect([code, out]).toEqual([0, 'app.ts:3\n\nNothing is wrong.\n'])
  })
})

test('--help shows how it is used, with examples', async () => {
  const { code, out } = await landbridge(['doctor', '--help'])
  expect(code).toBe(0)
  for (const part of [
    '--live',
    '--wait <seconds>',
    '--json',
    'npx landbridge doctor src/sessions.ts --live',
    'landbridge doctor -',
    'Exit code: 0',
  ]) {
    expect(out).toContain(part)
  }
})
