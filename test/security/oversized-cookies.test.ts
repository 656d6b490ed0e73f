/** Attack 14: cookie jar overflow, 8 kB and 64 kB cookie headers: anonymous or 431, sign-in works afterwards, no crash. */
import http from 'node:http'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SERVERS, listening } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { launch, makeSessions } from '../support/launch.ts'
import { Watched } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const distinct = (i: number): string => `__Host-sid=${String(i).padStart(22, 'A')}.${String(i).padStart(43, 'B')}`
const ours = (bytes: number): string => Array.from({ length: Math.floor(bytes / 80) }, (_, i) => distinct(i)).join('; ')

const HEADERS: readonly [string, (bytes: number) => string][] = [
  ['one endless cookie of ours', (bytes) => `__Host-sid=${'x'.repeat(bytes)}`],
  ['one endless other cookie', (bytes) => `other=${'x'.repeat(bytes)}`],
  ['forged cookies of ours', ours],
  ['cookies of ours that hold nothing', (bytes) => '__Host-sid=;'.repeat(bytes / 12)],
  ['semicolons', (bytes) => ';'.repeat(bytes)],
  ['names without values', (bytes) => '__Host-sid;'.repeat(bytes / 11)],
]

describe.each(SERVERS)('$name', (adapter) => {
  test.each(HEADERS)('8 kB of %s are nobody, 64 kB are refused, and sign-in works afterwards', async (_, make) => {
    const { ask, watched } = await launch(adapter, { routes: ROUTES })
    const small = await ask('/who', { cookie: make(8 * 1024) })
    expect([small.status, await small.text()]).toEqual([200, 'anonymous'])
    expect(watched.calls.length).toBeLessThanOrEqual(8)
    // Node answers 431 and closes; the close can overtake the answer.
    const large = await ask('/who', { cookie: make(64 * 1024) }).catch((error: unknown) => ({ status: (error as { code: string }).code }))
    expect([431, 'ECONNRESET', 'EPIPE']).toContain(large.status)

    // With the jar still full, too: what the sign-in sets is used once the jar is empty again.
    for (const cookie of [undefined, make(8 * 1024)]) {
      const signedIn = await ask('/sign-in', { cookie })
      expect(signedIn.status).toBe(200)
      expect(await (await ask('/who', { cookie: sessionCookie(signedIn) })).text()).toBe('elmer')
    }
  })

  test('the right cookie is found in 8 kB of others', async () => {
    const { ask } = await launch(adapter, { routes: ROUTES })
    const cookie = sessionCookie(await ask('/sign-in'))!
    for (const header of [`${'a=b; '.repeat(1600)}${cookie}`, `${cookie}${'; a=b'.repeat(1600)}`]) {
      expect(await (await ask('/who', { cookie: header })).text()).toBe('elmer')
    }
  })
})

test.each(HEADERS)('where a server takes such headers, 64 kB of %s are nobody and cost at most eight reads', async (_, make) => {
  const watched = new Watched()
  const { sessions } = makeSessions(watched.store)
  const listener = nodeSessions(sessions, async (request, response) => response.end((await request.session.account())?.id ?? 'anonymous'))
  const { ask, close } = await listening(http.createServer({ maxHeaderSize: 1 << 20 }, (request, response) => listener(request, response)))
  onTestFinished(close)
  const answer = await ask('/', { cookie: make(64 * 1024) })
  expect([answer.status, await answer.text()]).toEqual([200, 'anonymous'])
  expect(watched.calls.length).toBeLessThanOrEqual(8)
})
