/** Attack 33: store contents leaked: no cookie can be made from them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionId, Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { idOf, secretOf, sessionCookie } from '../support/client.ts'
import { ISOLATED, launch } from '../support/launch.ts'
import { temporaryFile } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const SHARED = 'app.example.localhost'
const TOPOLOGY = [ISOLATED, { kind: 'shared', domain: '.example.localhost' }] as const
const [handle] = ADAPTERS

/** Sessions of every kind over a store; returns every cookie and token that visitors were ever given. */
async function visit(store: Store) {
  const { ask } = await launch(handle!, { routes: ROUTES }, { topology: TOPOLOGY, inner: store })
  const cookies: string[] = []
  const tokens: string[] = []
  for (const host of ['elmer.acme.localhost', 'alice.acme.localhost', SHARED]) {
    let cookie = sessionCookie(await ask('/set', { host }))!
    cookies.push(cookie)
    for (const path of ['/sign-in', '/renew']) {
      cookie = sessionCookie(await ask(path, { host, cookie }))!
      cookies.push(cookie)
    }
    tokens.push(await (await ask('/token', { host, cookie })).text())
    // What an application stores beside it, so that the dump is not empty by accident.
    await ask('/set', { host, cookie })
  }
  return { ask, cookies, tokens }
}

/** Every text of the alphabet of secrets in a dump that is long enough to be one, at every offset. */
function candidates(dump: string): Set<string> {
  const found = new Set<string>()
  for (const [run] of dump.matchAll(/[A-Za-z0-9_-]{43,}/g)) for (let i = 0; i + 43 <= run.length; i++) found.add(run.slice(i, i + 43))
  return found
}

async function attack(dump: string, { ask, cookies, tokens }: Awaited<ReturnType<typeof visit>>): Promise<void> {
  const ids = cookies.map(idOf)
  // The dump is a real one: it holds the ids and the hashes of the sessions that live.
  for (const live of [ids[2]!, ids[5]!, ids[8]!]) expect(dump).toContain(live)
  for (const each of [...cookies.map(secretOf), ...tokens]) expect(dump).not.toContain(each)
  const secrets = candidates(dump)
  expect(secrets.size).toBeGreaterThanOrEqual(3)
  for (const secret of secrets) {
    for (const [i, id] of ids.entries()) {
      const [host, name] = [['elmer.acme.localhost', 'alice.acme.localhost', SHARED][Math.floor(i / 3)]!, cookies[i]!.split('=')[0]]
      expect(await (await ask('/who', { host, cookie: `${name}=${id}.${secret}` })).text()).toBe('anonymous')
    }
  }
  for (const [host, cookie] of [
    ['elmer.acme.localhost', cookies[2]],
    [SHARED, cookies[8]],
  ] as const) {
    expect(await (await ask('/who', { host, cookie })).text()).toBe('elmer')
  }
}

test('everything that the memory store ever tells or is told holds no secret', async () => {
  const seen: unknown[] = []
  const inner = memory()
  const spied = Object.fromEntries(
    Object.entries(inner).map(([name, method]) => [
      name,
      typeof method !== 'function'
        ? method
        : (...args: unknown[]) => {
            const result: unknown = (method as (...args: unknown[]) => unknown)(...args)
            seen.push(args, result)
            return result
          },
    ]),
  ) as unknown as Store
  const visited = await visit(spied)
  for (const cookie of visited.cookies) seen.push(inner.handlesOf(idOf(cookie) as SessionId))
  seen.push(inner.sessionsOf('elmer', Date.now()))
  const dump = JSON.stringify(seen, (_, value: unknown) => (value instanceof Map ? [...(value as Map<unknown, unknown>)] : value))
  await attack(dump, visited)
})

test('no byte of the files of the SQLite store belongs to a secret', async () => {
  const { file, folder, remove } = temporaryFile()
  onTestFinished(remove)
  const visited = await visit(sqlite(file))
  const files = readdirSync(folder)
  expect(files.some((each) => each.endsWith('-wal'))).toBe(true)
  const bytes = files.map((each) => readFileSync(join(folder, each)))
  for (const cookie of visited.cookies) {
    const raw = Buffer.from(secretOf(cookie), 'base64url')
    for (const each of bytes) expect([each.includes(raw), each.includes(raw.toString('hex'))]).toEqual([false, false])
  }
  await attack(bytes.map((each) => each.toString('latin1')).join('\n'), visited)
})
