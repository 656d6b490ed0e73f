import { describe, expect, test } from 'vitest'
import type { SessionEvent, SessionsOptions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { virtualClock } from 'landbridge/testing'
import { Browser } from '../support/browser.ts'

const HUB = 'https://acme.example'
const ELMER = 'https://elmer.acme.example'
const FUDD = 'https://fudd.acme.example'

export function hubOf(more: Partial<SessionsOptions> = {}) {
  const clock = virtualClock()
  const events: SessionEvent[] = []
  const sessions = createSessions({
    topology: {
      kind: 'hub',
      hub: 'acme.example',
      spokes: ['*.acme.example'],
      signIn: '/login',
      protect: ({ path }) => path.startsWith('/private'),
      authorize: (account, host) => (account.id === 'stranger' ? false : { role: `${account.id}@${host}` }),
    },
    store: memory(),
    keys: ['a key of at least thirty-two characters'],
    clock: clock.now,
    onEvent: (event) => events.push(event),
    ...more,
  })
  const serve = (request: Request) =>
    sessions.handle(request, async (session) => {
      const { pathname, searchParams } = new URL(request.url)
      if (request.method === 'POST' && pathname === '/login') {
        await session.signIn({ id: searchParams.get('as') ?? 'ada' })
        return Response.redirect(session.signInTarget()?.url ?? `${HUB}/`, 303)
      }
      if (request.method === 'POST' && pathname === '/set') session.set('note', 'mine')
      if (pathname === '/login') return new Response('login page')
      return Response.json({ id: (await session.account())?.id ?? null, claims: await session.claims(), note: await session.get('note') })
    })
  return { clock, events, sessions, serve, browser: new Browser(serve) }
}

describe('hub', () => {
  test('signing in at the hub signs in at the spokes', async () => {
    const { browser, events } = hubOf()
    const first = await browser.go(`${ELMER}/`)
    expect(first.steps).toHaveLength(1)
    expect(first.response.headers.getSetCookie()).toEqual([])
    await browser.post(`${HUB}/login`, {})
    const visit = await browser.go(`${ELMER}/cart?x=1`)
    expect(visit.steps.map(({ response }) => response.status)).toEqual([303, 200, 303, 200])
    expect(visit.url).toBe(`${ELMER}/cart?x=1`)
    expect(JSON.parse(visit.text)).toEqual({ id: 'ada', claims: { role: 'ada@elmer.acme.example' } })
    expect((await browser.go(`${ELMER}/`)).steps).toHaveLength(1)
    expect(await browser.cookieNames(`${ELMER}/`)).toEqual(['__Host-sid', '__Secure-hint'])
    expect(events.map(({ type }) => type)).toMatchInlineSnapshot(`
      [
        "session.created",
        "account.signed-in",
        "crossing.asked",
        "ticket.issued",
        "session.replaced",
        "crossing.completed",
      ]
    `)
  })

  test('a protected page leads by the sign-in page of the hub and back', async () => {
    const { browser } = hubOf()
    const asked = await browser.go(`${FUDD}/private/x?y=2`)
    expect(asked.text).toBe('login page')
    const back = await browser.post(asked.url, {})
    expect(back.url).toBe(`${FUDD}/private/x?y=2`)
    expect(JSON.parse(back.text).id).toBe('ada')
  })
})
