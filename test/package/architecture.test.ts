// Imports point one way, as docs/architecture.md draws it: adapters and stores know the core, the core knows nobody.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../packages/landbridge/src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

interface Import {
  readonly from: string
  /** Path below src for our own modules, otherwise the name of the package. */
  readonly to: string
  readonly typeOnly: boolean
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(source, from), 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm)]
  return found.map(([, type, ...names]) => {
    const name = names.find(Boolean)!
    const to = name.startsWith('.') ? relative(source, join(source, dirname(from), name)) : name
    return { from, to, typeOnly: type !== undefined }
  })
})

const room = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file)
const isOurs = (name: string) => files.includes(name)
const isBuiltin = (name: string) => name.startsWith('node:') && builtinModules.includes(name.slice(5).split('/')[0]!)

/** What each room may import at run time besides Node's own modules; types may also come from what stands after the bar. */
const ALLOWED: Record<string, { modules: RegExp; types?: RegExp }> = {
  core: { modules: /^(?:core\/|tldts$)/ },
  stores: {
    // What stores share, but never each other.
    modules: /^core\/|^stores\/(?!(?:memory|sqlite|redis|postgres|mysql|cached|memcached|express-store|sealed-cookie)\.ts$)/,
    types: /^node:sqlite$/,
  },
  testing: { modules: /^(?:core|testing)\// },
  // It loads drivers at run time, from the project that it is run in.
  cli: { modules: /^(?:(?:cli|core|stores|testing)\/|tldts$)/ },
  transports: { modules: /^core\// },
  'account-endpoints.ts': { modules: /^core\// },
  'endpoints.ts': { modules: /^(?:core\/|transports\/|account-endpoints\.ts$)/ },
  'arrival.ts': { modules: /^(?:core\/|transports\/redirect\.ts$)/ },
  'sessions.ts': { modules: /^(?:core\/|endpoints\.ts$|arrival\.ts$)/ },
  'index.ts': { modules: /^(?:core\/|sessions\.ts$)/ },
  // Pages over the methods of a session, which is handed to them.
  devices: { modules: /^(?:core|devices)\// },
  // It runs in browsers, and knows nothing of the server's code.
  client: { modules: /^client\// },
  adapters: { modules: /^(?:core\/|sessions\.ts$|adapters\/(?:open|hold|node-headers|ended-sockets)\.ts$)/, types: /^(?:fastify|hono)$/ },
}

test('every import keeps to the direction of its room', () => {
  expect(imports.length).toBeGreaterThan(80)
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const allowed = ALLOWED[room(from)]
    return (
      !allowed ||
      !(
        (isBuiltin(to) && to !== 'node:sqlite' && room(from) !== 'client') ||
        allowed.modules.test(to) ||
        (typeOnly && allowed.types?.test(to))
      )
    )
  })
  expect(wrong).toEqual([])
  expect(imports.filter(({ to }) => /\.\w+$/.test(to) && !isOurs(to))).toEqual([])
})

test('no module imports itself, by whatever way round', () => {
  // Types are erased; at run time nothing may wait for itself.
  const graph = Map.groupBy(
    imports.filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  )
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    (graph.get(from) ?? []).some(({ to }) => to === goal || (!seen.has(to) && reaches(to, goal, seen.add(to))))
  expect(files.filter((file) => reaches(file, file))).toEqual([])
})
