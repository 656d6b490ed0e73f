import { memory } from 'landbridge/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { ALICE, ELMER, HUB, hubOf, reasons, seen, signIn, statuses, whoAt } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe('hub', () => {
  test('signing in at the hub signs in at the spokes', async () => {
    const { browser, events } = hubOf()
    const first = await browser.go(`${ELMER}/`)
    expect(first.steps).toHaveLength(1)
    expect(first.response.headers.getSetCookie()).toEqual([])
    await signIn(browser, HUB)
    const visit = await browser.go(`${ELMER}/cart?x=1`)
    expect(statuses(visit)).toEqual([303, 200, 303, 200])
    expect(visit.url).toBe(`${ELMER}/cart?x=1`)
    expect(seen(visit)).toEqual({ id: 'ada', claims: { role: 'ada@elmer.acme.example' }, note: null })
    expect((await browser.go(`${ELMER}/`)).steps).toHaveLength(1)
    // What guards against circles stays for ten seconds.
    expect(await browser.cookieNames(`${ELMER}/`)).toEqual(['__Host-nb', '__Host-sid', '__Secure-hint'])
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

  test('all events of a crossing have the same rid', async () => {
    const { browser, events } = hubOf()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    const rids = events.flatMap((event) => ('rid' in event ? [event.rid] : []))
    expect(rids.length).toBe(4)
    expect(new Set(rids).size).toBe(1)
  })

  test('a protected page leads by the sign-in page of the hub and back', async () => {
    const { browser } = hubOf()
    const asked = await browser.go(`${ALICE}/private/x?y=2`)
    expect(asked.text).toBe('login page')
    const back = await browser.post(asked.url, {})
    expect(back.url).toBe(`${ALICE}/private/x?y=2`)
    expect(seen(back).id).toBe('ada')
  })

  test('each spoke has data of its own, and what an anonymous visitor left there goes along', async () => {
    const { browser } = hubOf()
    await browser.post(`${ELMER}/set?note=cart`, {})
    await signIn(browser, HUB)
    expect(seen(await browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: 'cart' })
    expect(seen(await browser.go(`${ALICE}/`))).toMatchObject({ id: 'ada', note: null })
    expect(seen(await browser.go(`${HUB}/`))).toMatchObject({ id: 'ada', note: null })
  })

  test('who may not use a spoke is nobody there, and somebody elsewhere', async () => {
    const { browser } = hubOf({ topology: { authorize: (_, host) => host !== 'elmer.acme.example' } })
    await signIn(browser, HUB)
    expect([await whoAt(browser, `${ELMER}/`), await whoAt(browser, `${ALICE}/`)]).toEqual([null, 'ada'])
    expect(statuses(await browser.go(`${ELMER}/`))).toEqual([200])
  })

  test('claims are asked for again after five minutes, and a membership that was withdrawn ends by then', async () => {
    let role: string | false = 'owner'
    let asked = 0
    const authorize = () => {
      asked++
      return role === false ? false : { role }
    }
    const { browser, clock } = hubOf({ topology: { authorize } })
    await signIn(browser, HUB)
    expect(seen(await browser.go(`${ELMER}/`)).claims).toEqual({ role: 'owner' })
    role = 'guest'
    clock.advance(299_000)
    expect([seen(await browser.go(`${ELMER}/`)).claims, asked]).toEqual([{ role: 'owner' }, 1])
    clock.advance(1000)
    expect([seen(await browser.go(`${ELMER}/`)).claims, asked]).toEqual([{ role: 'guest' }, 2])
    role = false
    clock.advance(300_000)
    expect(seen(await browser.go(`${ELMER}/`))).toEqual({ id: null, claims: null, note: null })
    expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
    role = 'back'
    clock.advance(300_000)
    expect(seen(await browser.go(`${ELMER}/`)).claims).toEqual({ role: 'back' })
  })

  test('the tree of handles can be listed, and one of them revoked', async () => {
    const { browser, sessions } = hubOf()
    await signIn(browser, HUB)
    for (const host of [ELMER, ALICE]) await browser.go(`${host}/`)
    const [session] = await sessions.sessionsOf('ada')
    const scopes = async () => (await sessions.handlesOf(session!.id)).map(({ scope }) => scope).sort()
    expect(await scopes()).toEqual(['acme.example', 'alice.acme.example', 'elmer.acme.example'])
    expect(await sessions.revoke(session!.id, { scope: 'elmer.acme.example' as never })).toBe(true)
    expect(await scopes()).toEqual(['acme.example', 'alice.acme.example'])
    expect(await whoAt(browser, `${ALICE}/`)).toBe('ada')
    // It sticks: the hub gives nobody to whoever asks by himself, and the visitor's own act brings him back.
    expect(statuses(await browser.go(`${ELMER}/`))).toEqual([303, 303, 303, 200])
    expect(await whoAt(browser, `${ELMER}/.session/begin?to=/`)).toBe('ada')
    expect(await scopes()).toEqual(['acme.example', 'alice.acme.example', 'elmer.acme.example'])
    expect(await sessions.revoke(session!.id, { scope: 'acme.example' as never })).toBe(true)
    for (const host of [HUB, ELMER, ALICE]) expect(await whoAt(browser, `${host}/`)).toBe(null)
  })

  test.each(STORES)(
    'an hour of work at a spoke, in steps of ten minutes, keeps the hub and no other spoke, over $name',
    async ({ make }) => {
      const { store, remove } = make()
      onTestFinished(remove)
      const { browser, clock, sessions } = hubOf({ inner: store, lifetime: { idle: '30m' } })
      await signIn(browser, HUB)
      await browser.go(`${ALICE}/`)
      expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
      const [session] = await sessions.sessionsOf('ada')
      for (let i = 0; i < 6; i++) {
        clock.advance(10 * 60_000)
        const visit = await browser.go(`${ELMER}/`)
        expect([statuses(visit), seen(visit).id]).toEqual([[200], 'ada'])
      }
      const handles = await sessions.handlesOf(session!.id)
      const alive = handles.filter(({ expiresAt }) => expiresAt > clock.now())
      expect(alive.map(({ scope }) => scope).sort()).toEqual(['acme.example', 'elmer.acme.example'])
      clock.advance(29 * 60_000)
      expect(statuses(await browser.go(`${HUB}/`))).toEqual([200])
      expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
    },
  )

  test.each(STORES)('a spoke that renews changes its own cookie alone, over $name', async ({ make }) => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, serve, sessions } = hubOf({ inner: store })
    await signIn(browser, HUB)
    for (const host of [ELMER, ALICE]) await browser.go(`${host}/`)
    const cookieAt = (host: string) => browser.cookie(host, '__Host-sid')
    const before = await Promise.all([HUB, ELMER, ALICE].map(cookieAt))
    await browser.post(`${ELMER}/renew`, {})
    const after = await Promise.all([HUB, ELMER, ALICE].map(cookieAt))
    expect(after.map((cookie, i) => cookie === before[i])).toEqual([true, false, true])
    for (const host of [HUB, ELMER, ALICE]) {
      const visit = await browser.go(`${host}/`)
      expect([statuses(visit), seen(visit).id]).toEqual([[200], 'ada'])
    }
    const old = await serve(new Request(`${ELMER}/x`, { headers: { cookie: `__Host-sid=${before[1]}` } }))
    expect(await old.json()).toEqual({ id: null, claims: null, note: null })
    // The old one opens nothing at the hub either, and ends nothing.
    const atHub = await serve(new Request(`${HUB}/x`, { headers: { cookie: `__Host-sid=${before[1]}` } }))
    expect(await atHub.json()).toMatchObject({ id: null })
    expect((await sessions.sessionsOf('ada')).length).toBe(1)
    for (const host of [HUB, ELMER, ALICE]) expect(statuses(await browser.go(`${host}/`))).toEqual([200])
  })

  test('who works at a spoke stays signed in at the hub', async () => {
    const { browser, clock } = hubOf({ lifetime: { idle: '30m' } })
    await signIn(browser, HUB)
    for (let i = 0; i < 6; i++) {
      expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
      clock.advance(20 * 60_000)
    }
    expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
  })
})

describe('hosts', () => {
  const SHOP = 'https://www.customer.example'
  const custom = (resolver = async (host: string) => host === 'www.customer.example') =>
    hubOf({ topology: { spokes: ['*.acme.example', resolver] } })

  test('a customer’s own domain, found by an async resolver, is a spoke: without a hint it asks when it is wanted to', async () => {
    const { browser } = custom()
    await signIn(browser, HUB)
    expect(statuses(await browser.go(`${SHOP}/`))).toEqual([200])
    expect(await whoAt(browser, `${SHOP}/private`)).toBe('ada')
    expect(await whoAt(browser, `${SHOP}/`)).toBe('ada')
    expect(await browser.cookieNames(`${SHOP}/`)).toEqual(['__Host-nb', '__Host-sid'])
  })

  test('by a link it is signed in, too, and after a sign-in at the hub its dead cookie makes it ask', async () => {
    const { browser } = custom()
    await signIn(browser, HUB)
    expect(await whoAt(browser, `${SHOP}/.session/begin?to=/`)).toBe('ada')
    await signIn(browser, HUB, 'bob')
    expect(await whoAt(browser, `${SHOP}/`)).toBe('bob')
  })

  test('a hint on a customer’s domain is one like any other', async () => {
    const { browser } = custom()
    await signIn(browser, HUB)
    await browser.jar.setCookie('__Secure-hint=x; Path=/; Secure', SHOP)
    expect(await whoAt(browser, `${SHOP}/`)).toBe('ada')
  })

  test('a domain that the resolver does not know is 421, and gets no ticket; a resolver that fails is 503', async () => {
    const { serve } = custom()
    expect((await serve(new Request('https://other.example/'))).status).toBe(421)
    expect((await serve(new Request('https://other.example/.session/begin'))).status).toBe(421)
    const down = custom(async () => Promise.reject(new Error('down')))
    expect((await down.serve(new Request(`${SHOP}/`))).status).toBe(503)
  })

  test('ports: of a rule that names one, and of the request where none is named', async () => {
    const named = hubOf({ topology: { hub: 'acme.localhost:8443', spokes: ['elmer.acme.localhost:9443', '*.acme.localhost'] } })
    await signIn(named.browser, 'https://acme.localhost:8443')
    await named.browser.jar.setCookie('__Secure-hint=x; Path=/; Secure', 'https://elmer.acme.localhost:9443')
    const visit = await named.browser.go('https://elmer.acme.localhost:9443/page')
    expect([visit.url, seen(visit).id]).toEqual(['https://elmer.acme.localhost:9443/page', 'ada'])
    expect((await named.serve(new Request('https://acme.localhost:9443/'))).status).toBe(421)

    const free = hubOf({ topology: { hub: 'acme.localhost', spokes: ['*.acme.localhost'] } })
    await signIn(free.browser, 'http://acme.localhost:3000')
    const other = await free.browser.go('http://elmer.acme.localhost:3000/private/page')
    expect([other.url, seen(other).id]).toEqual(['http://elmer.acme.localhost:3000/private/page', 'ada'])
    for (const { request } of other.steps) expect(new URL(request.url).port).toBe('3000')
  })

  test('another base path serves everything, and the usual one is the application’s then', async () => {
    const { browser } = hubOf({ basePath: '/auth/' })
    await signIn(browser, HUB)
    const visit = await browser.go(`${ELMER}/page`)
    expect(seen(visit).id).toBe('ada')
    expect(visit.steps.map(({ request }) => new URL(request.url).pathname)).toEqual(['/page', '/auth/ask', '/auth/in', '/page'])
    expect(seen(await browser.go(`${ELMER}/.session/in`)).id).toBe('ada')
    expect((await browser.go(`${ELMER}/auth/begin?to=/auth/x`)).url).toBe(`${ELMER}/`)
  })
})

describe('transports', () => {
  const begin = async (browser: Browser, mode: string) => {
    const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
    return (await response.json()) as { rid: string; ask: string }
  }
  const receive = async (browser: Browser, fields: object) => {
    const headers = { 'content-type': 'application/json' }
    return (await browser.fetch(`${ELMER}/.session/in`, { method: 'POST', headers, body: JSON.stringify(fields) })).response
  }

  test('fetch: begins, asks, receives, and says whether something changed', async () => {
    const { browser, events } = hubOf()
    await signIn(browser, HUB)
    // Two at once: once somebody is signed in here, there is nothing to ask.
    const begun = [await begin(browser, 'fetch'), await begin(browser, 'fetch')]
    for (const changed of [true, false]) {
      const { rid, ask } = begun[changed ? 0 : 1]!
      const { ticket } = (await (await browser.fetch(ask, { from: ELMER })).response.json()) as { ticket: string }
      expect(await (await receive(browser, { rid, ticket })).json()).toEqual({ changed })
    }
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
    expect(events.flatMap((event) => (event.type === 'crossing.completed' ? [event.outcome] : []))).toEqual(['attached', 'connected'])
  })

  test('fetch: nobody is an answer, and holds redirects back until the hint changes', async () => {
    const { browser } = hubOf()
    await browser.jar.setCookie('__Secure-hint=x; Domain=acme.example; Path=/; Secure', HUB)
    const { rid, ask } = await begin(browser, 'fetch')
    expect(await (await browser.fetch(ask, { from: ELMER })).response.json()).toEqual({ ticket: null })
    expect(await (await receive(browser, { rid })).json()).toEqual({ changed: false })
    expect(statuses(await browser.go(`${ELMER}/`))).toEqual([200])
    await signIn(browser, HUB)
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
  })

  test('web-message: the frame redeems, and its page says so to its own origin', async () => {
    const { browser } = hubOf()
    for (const [who, changed] of [
      [null, false],
      ['ada', true],
    ] as const) {
      if (who !== null) await signIn(browser, HUB)
      const { rid, ask } = await begin(browser, 'web-message')
      const frame = { 'sec-fetch-dest': 'iframe' }
      const answer = await browser.hop(ask, { headers: frame })
      const { response } = await browser.hop(answer.form ?? answer.location!, { headers: frame })
      expect(await response.text()).toContain(`{"type":"landbridge","rid":"${rid}","changed":${changed}},"${ELMER}")`)
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-site')
      expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp')
    }
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
  })

  test('push from the hub to a spoke', async () => {
    const { browser, events } = hubOf()
    await signIn(browser, HUB)
    const visit = await browser.post(`${HUB}/.session/push`, { to: `${ELMER}/x` })
    expect(visit.steps[0]!.response.headers.get('referrer-policy')).toBe('strict-origin')
    expect(statuses(visit)).toEqual([200, 303, 303, 200])
    expect([visit.url, seen(visit).id, reasons(events)]).toEqual([`${ELMER}/x`, 'ada', []])
  })
})

describe('keys', () => {
  test('the first one seals, all of them open', async () => {
    const [old, fresh] = ['the old key, of at least thirty-two characters', 'the new key, of at least thirty-two characters']
    const store = memory()
    const [before, between, after] = [[old], [fresh, old], [fresh]].map((keys) => hubOf({ inner: store, keys }))
    const serving = { now: before! }
    const browser = new Browser((request) => serving.now.serve(request))
    await signIn(browser, HUB)
    const { location } = await browser.hop(`${ELMER}/page`)
    serving.now = between!
    expect(seen(await browser.go(location!)).id).toBe('ada')
    const asked = (await browser.hop(`${ALICE}/page`)).location!
    serving.now = after!
    expect(seen(await browser.go(asked)).id).toBe('ada')
    // What the old key alone has sealed is nothing any more.
    expect(reasons(after!.events)).toEqual([])
    expect((await browser.hop(location!)).response.status).toBe(400)
  })
})
