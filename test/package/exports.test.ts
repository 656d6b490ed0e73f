// The package as its users get it: what each subpath exports, and what importing it pulls in.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const folder = new URL('../../packages/landbridge/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
}
const subpaths = Object.entries(manifest.exports).flatMap(([path, target]) => (typeof target === 'string' ? [] : [{ path, ...target }]))

/** Imports a subpath in a process of its own; tells its exports and all files and built-in modules that were loaded for it. */
function loadAnew(path: string) {
  const specifier = path.replace(/^\./, 'landbridge')
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
    const names = Object.keys(await import(${JSON.stringify(specifier)})).sort()
    const builtins = process.moduleLoadList.filter((name) => name === 'NativeModule sqlite')
    console.log(JSON.stringify({ names, loaded: [...loaded, ...builtins] }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  if (stdout === '') throw new Error(stderr)
  const { names, loaded } = JSON.parse(stdout) as { names: string[]; loaded: string[] }
  return { names, stderr, loaded: loaded.map((url) => url.replace(/^.*\/(?=landbridge\/dist\/)|^.*\/node_modules\/(?=[^/]+\/)/, '')) }
}

const loads = new Map<string, ReturnType<typeof loadAnew>>()
const load = (path: string) => loads.get(path) ?? loads.set(path, loadAnew(path)).get(path)!

test('every subpath of package.json resolves to built files, and these are their exports', () => {
  for (const { types, default: module } of subpaths)
    for (const file of [types, module]) expect(existsSync(new URL(file, folder))).toBe(true)
  expect(Object.fromEntries(subpaths.map(({ path }) => [path, load(path).names]))).toMatchInlineSnapshot(`
    {
      ".": [
        "LandbridgeError",
        "createSessions",
        "errorReply",
      ],
      "./cached": [
        "cached",
      ],
      "./client": [
        "accounts",
        "configure",
        "connect",
        "fetch",
        "onChange",
        "push",
        "pushLinks",
        "signIn",
        "signOut",
        "switchAccount",
      ],
      "./client.js": [],
      "./devices": [
        "devices",
        "expressDevices",
        "fastifyDevices",
        "honoDevices",
        "nodeDevices",
        "webDevices",
      ],
      "./express": [
        "expressSessions",
      ],
      "./express-store": [
        "expressStore",
      ],
      "./fastify": [
        "fastifySessions",
      ],
      "./hono": [
        "honoSessions",
      ],
      "./memcached": [
        "memcached",
      ],
      "./memory": [
        "memory",
      ],
      "./mysql": [
        "mysql",
        "schemaSql",
      ],
      "./node": [
        "nodeSessions",
        "nodeUpgrade",
      ],
      "./postgres": [
        "postgres",
        "schemaSql",
      ],
      "./redis": [
        "redis",
      ],
      "./sealed-cookie": [
        "sealedCookie",
      ],
      "./sqlite": [
        "sqlite",
      ],
      "./store": [
        "KINSHIP",
        "afterDelta",
        "applyChanges",
        "entriesOf",
        "isLive",
        "successorOf",
        "valueOf",
      ],
      "./testing": [
        "checkHistories",
        "checkRevocations",
        "lostUpdates",
        "resurrections",
        "storeConformance",
        "virtualClock",
      ],
    }
  `)
})

test('nothing inside can be imported but by its subpath', () => {
  expect(() => load('./dist/core/session.js')).toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
})

test('importing landbridge loads the core and the public suffix list, and no adapter, store or driver', () => {
  const { loaded, stderr } = load('.')
  const strangers = loaded.filter(
    (name) => !/^(?:landbridge\/dist\/(?:(?:core|transports)\/[a-z-]+|[a-z-]+)\.js$|tldts(?:-core)?\/|node:(?!sqlite))/.test(name),
  )
  expect(loaded).toContain('landbridge/dist/core/request-session.js')
  expect([strangers, stderr]).toEqual([[], ''])
})

test('no subpath loads a framework, and only sqlite may load node:sqlite, at the time a store is made', () => {
  for (const { path } of subpaths) {
    const strangers = load(path).loaded.filter((name) => /^(?:express|fastify|hono|better-sqlite3|NativeModule sqlite)\b/.test(name))
    expect([path, strangers]).toEqual([path, []])
  }
})

test('the adapters do not load each other, but for what the Node frameworks share', () => {
  const adapters = (path: string) => load(path).loaded.flatMap((name) => /dist\/adapters\/(.+)\.js$/.exec(name)?.[1] ?? [])
  expect(adapters('./hono').toSorted()).toEqual(['hold', 'hono', 'node-headers'])
  for (const name of ['express', 'fastify', 'node']) {
    const own = name === 'node' ? ['node', 'ended-sockets'] : [name]
    expect(adapters(`./${name}`).toSorted()).toEqual([...own, 'hold', 'node-headers', 'open'].toSorted())
  }
})
