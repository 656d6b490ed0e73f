/** A sealed session shown at another host, under another name, or with the secret of another session: nobody, and its own host unharmed. */
import { createSessions } from 'landbridge'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { idOf } from '../support/client.ts'
import { Cookies } from '../support/cookies.ts'
import { ISOLATED, makeSessions } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const KEYS = ['the key of these tests is long enough']
const BOTH = [ISOLATED, { kind: 'shared', domain: '.example.localhost' }] as const
const ELMER = 'elmer.acme.localhost'
const ALICE = 'alice.acme.localhost'
const SHARED = 'app.example.localhost'

describe.each(ADAPTERS)('$name', (adapter) => {
  const start = async (cookieName?: string) => {
    const store = sealedCookie({ keys: KEYS })
    const { sessions, events } = makeSessions(store, { topology: BOTH, ...(cookieName === undefined ? {} : { cookieName }) })
    const running = await adapter.start(sessions, { routes: ROUTES })
    onTestFinished(() => running.close())
    const signIn = async (host: string) => new Cookies().take(await running.ask('/sign-in', { host })).header!
    const who = async (host: string, cookie: string) => (await running.ask('/who', { host, cookie })).text()
    return { ...running, events, signIn, who }
  }

  test.each([
    { from: ELMER, to: ALICE, rename: (cookie: string) => cookie },
    { from: ELMER, to: SHARED, rename: (cookie: string) => cookie.replaceAll('__Host-', '__Secure-') },
    { from: SHARED, to: ALICE, rename: (cookie: string) => cookie.replaceAll('__Secure-', '__Host-') },
  ])('the cookies of $from are nobody at $to, and the session goes on', async ({ from, to, rename }) => {
    const { ask, events, signIn, who } = await start()
    const cookie = await signIn(from)
    const shown = await ask('/who', { host: to, cookie: rename(cookie) })
    expect([await shown.text(), shown.setCookies]).toEqual(['anonymous', []])
    // Sealed for another scope and damaged look alike.
    const id = idOf(
      rename(cookie)
        .split('; ')
        .find((pair) => /^__\w+-sid=/.test(pair))!,
    )
    expect(events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'unknown-handle', host: to, session: id, belongsTo: null })
    expect(await who(from, cookie)).toBe('elmer')
  })

  test('the cookies of one name open nothing for an application with another, though it has the same keys', async () => {
    const [one, other] = [await start(), await start('admin')]
    const cookie = await one.signIn(ELMER)
    const renamed = cookie.replaceAll('__Host-sid', '__Host-admin')
    expect([await one.who(ELMER, cookie), await other.who(ELMER, renamed)]).toEqual(['elmer', 'anonymous'])
  })

  test('the record of one session does not open with the secret of another, nor without any', async () => {
    const { ask, signIn, who } = await start()
    const victim = await signIn(ELMER)
    const own = new Cookies().take(await ask('/set', { host: ELMER })).header!
    const handle = (cookie: string) => cookie.split('; ').find((pair) => pair.startsWith('__Host-sid='))!
    const record = (cookie: string) => cookie.split('; ').find((pair) => pair.startsWith('__Host-sid.'))!
    const tag = (cookie: string) => record(cookie).slice(0, '__Host-sid.12345678.0='.length)
    const planted = tag(own) + record(victim).slice(tag(victim).length)
    const stolenId = `__Host-sid=${idOf(handle(victim))}.${handle(own).split('.')[1]}`
    for (const cookie of [
      `${handle(own)}; ${record(victim)}`,
      `${handle(own)}; ${planted}`,
      `${stolenId}; ${record(victim)}`,
      record(victim),
      handle(victim),
    ]) {
      expect(await who(ELMER, cookie)).toBe('anonymous')
    }
    expect(await who(ELMER, victim)).toBe('elmer')
  })
})

test('another key opens nothing', async () => {
  const make = (key: string) => createSessions({ topology: ISOLATED, store: sealedCookie({ keys: [key] }) })
  const own = make(KEYS[0]!)
  const other = make('a key that somebody else has chosen')
  const url = `https://${ELMER}/`
  const signedIn = await own.handle(new Request(url), async (session) => {
    await session.signIn({ id: 'ada' })
    return new Response()
  })
  const cookie = new Cookies().take({ setCookies: signedIn.headers.getSetCookie() }).header!
  const who = async (sessions: typeof own) =>
    (
      await sessions.handle(
        new Request(url, { headers: { cookie } }),
        async (session) => new Response((await session.account())?.id ?? 'anonymous'),
      )
    ).text()
  expect([await who(own), await who(other)]).toEqual(['ada', 'anonymous'])
})
