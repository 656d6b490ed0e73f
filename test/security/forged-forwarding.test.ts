/**
 * Attack 10: `X-Forwarded-Host` / `-Proto` / `Forwarded` from a peer that is not a trusted proxy: ignored. Several values,
 * conflicting headers: refused.
 */
import { describe, expect, test } from 'vitest'
import { SERVERS } from '../support/adapters.ts'
import { HOST } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const ALICE = 'alice.acme.localhost'
const routes = { ...ROUTES, '/host': (session: { host: string }) => ({ body: session.host }) }

const FORGED: Record<string, string | string[]>[] = [
  { 'x-forwarded-host': ALICE },
  { forwarded: `host=${ALICE}` },
  { forwarded: `for=10.0.0.1;host="${ALICE}";proto=https` },
  { 'x-forwarded-host': ALICE, 'x-forwarded-proto': 'https', forwarded: `host=${ALICE};proto=https` },
]
const CONTRADICTING: Record<string, string | string[]>[] = [
  { 'x-forwarded-host': `${ALICE}, ${HOST}` },
  { 'x-forwarded-host': [ALICE, ALICE] },
  { 'x-forwarded-proto': 'https, http' },
  { 'x-forwarded-proto': ['https', 'https'] },
  { 'x-forwarded-proto': 'ftp' },
  { 'x-forwarded-proto': '' },
  { 'x-forwarded-host': ALICE, forwarded: `host=${HOST}` },
  { 'x-forwarded-proto': 'https', forwarded: 'proto=http' },
  { forwarded: `host=${ALICE}, host=${HOST}` },
  { forwarded: [`host=${ALICE}`, `host=${ALICE}`] },
  { forwarded: 'proto=https;proto=https' },
  { forwarded: `host="${ALICE}` },
  { forwarded: `host=${ALICE} evil` },
  { forwarded: 'nonsense' },
]
const MALFORMED: Record<string, string>[] = [
  { 'x-forwarded-host': `user@${ALICE}` },
  { 'x-forwarded-host': `${ALICE}/x` },
  { 'x-forwarded-host': '' },
  { forwarded: 'host="a b"' },
]

describe.each(SERVERS)('$name', (adapter) => {
  test.each([undefined, ['10.0.0.0/8', '::1', '127.0.0.2']])(
    'what a peer says that is none of the proxies %j is ignored',
    async (trustedProxies) => {
      const { ask } = await launch(adapter, { routes }, trustedProxies ? { trustedProxies } : {})
      for (const headers of [...FORGED, ...CONTRADICTING, ...MALFORMED]) {
        const answer = await ask('/host', { headers })
        expect([answer.status, await answer.text()]).toEqual([200, HOST])
      }
      // Nor does it make an origin the site's own, or a plain connection a safe one.
      const post = { method: 'POST', headers: { origin: `https://${HOST}`, 'x-forwarded-proto': 'https' } }
      expect((await ask('/host', post)).status).toBe(403)
      const other = { method: 'POST', headers: { origin: `http://${ALICE}`, 'x-forwarded-host': ALICE } }
      expect((await ask('/host', other)).status).toBe(403)
    },
  )

  test('what a trusted proxy says is believed, for the host and for the scheme', async () => {
    const { ask } = await launch(adapter, { routes }, { trustedProxies: ['127.0.0.0/8'] })
    for (const headers of FORGED) expect(await (await ask('/host', { headers })).text()).toBe(ALICE)
    const post = { method: 'POST', headers: { origin: `https://${HOST}`, 'x-forwarded-proto': 'https' } }
    expect((await ask('/host', post)).status).toBe(200)
    expect((await ask('/host', { ...post, headers: { ...post.headers, origin: `http://${HOST}` } })).status).toBe(403)
  })

  test('a trusted proxy that contradicts itself, or says several things, is refused', async () => {
    const { ask, events } = await launch(adapter, { routes }, { trustedProxies: ['127.0.0.1'] })
    for (const headers of CONTRADICTING) {
      expect((await ask('/host', { headers })).status, JSON.stringify(headers)).toBe(400)
      expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'forwarded-invalid' })
    }
    for (const headers of MALFORMED) expect((await ask('/host', { headers })).status, JSON.stringify(headers)).toBe(400)
    expect((await ask('/host', { headers: { 'x-forwarded-host': 'evil.example' } })).status).toBe(421)
  })
})
