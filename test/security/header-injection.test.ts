/** Attack 40: redirect or cookie header injection through any value an application or visitor can supply: refused. */
import fc from 'fast-check'
import type { LandbridgeError, Session, SessionsOptions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Data } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { ISOLATED, launch, makeSessions } from '../support/launch.ts'
import { nodeRequest } from '../support/visitor.ts'

/** Texts that would end a header, an attribute or a value where they got into one. */
const EVIL = [
  'x\r\nSet-Cookie: evil=1',
  'x\nevil: 1',
  'x\revil',
  'x\u0000evil',
  'x; Domain=evil.com',
  'x, evil=1',
  'x"evil',
  'x\u2028evil',
  'x\u00a0evil',
  'x\tevil',
  'x=evil',
  '',
]

/** Exactly what a session cookie of ours may look like, set or cleared. */
const COOKIE =
  /^__(?:Host|Secure)-sid=(?:[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})?; Path=\/[\x21-\x3a\x3c-\x7e]*(?:; Domain=[a-z0-9.-]+)?(?:; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT)?; Secure; HttpOnly; SameSite=Lax$/

const faultsOf = (options: Partial<SessionsOptions>): string[] => {
  try {
    void createSessions({ topology: ISOLATED, store: memory(), ...options }).close()
    return []
  } catch (error) {
    return (error as LandbridgeError).faults.map(({ code }) => code)
  }
}

describe('what a programmer writes', () => {
  test.each([...EVIL.filter((each) => each !== ''), 'a b', 'sid;', '_sid', 'sid\u00e9', 'x'.repeat(65)])(
    'the cookie name %j is refused',
    (cookieName) => {
      expect(faultsOf({ cookieName })).toEqual(['cookie-name-invalid'])
    },
  )

  test.each([...EVIL.filter((each) => each !== ''), '\u00e9/evil', '\u00e9@evil', '\u00e9%2eevil', '\u00e9?', '\u00e9#'])(
    '%j in a domain, a host or an origin is refused',
    (text) => {
      expect(faultsOf({ topology: { kind: 'shared', domain: `.${text}.example.com` } })).toEqual(['domain-invalid'])
      expect(faultsOf({ topology: { kind: 'isolated', hosts: [`${text}.example.com`] } })).toEqual(['host-invalid'])
      expect(faultsOf({ trustedOrigins: [`https://${text}.example.com`] })).toEqual(['trusted-origin-invalid'])
    },
  )

  test('messages of refused options stay on their line', () => {
    for (const text of EVIL.filter((each) => each !== '')) {
      try {
        createSessions({ topology: { kind: 'isolated', hosts: [text] }, store: memory(), cookieName: text })
        expect.unreachable()
      } catch (error) {
        for (const { message } of (error as LandbridgeError).faults) expect(message).not.toMatch(/[\r\n\0]/)
      }
    }
  })
})

describe.each(ADAPTERS)('$name', (adapter) => {
  test('values of the application get into no header', async () => {
    for (const text of EVIL.filter((each) => each !== '')) {
      const { ask } = await launch(adapter, {
        routes: {
          '/': async (session: Session<Data>) => {
            await session.signIn({ id: text })
            session.set(text.replace(/^\0/, ''), text)
            session.flash('note', text)
            return { body: await session.csrfToken() }
          },
          '/get': async (session) => ({
            body: JSON.stringify([(await session.account())?.id, await session.get(text), await session.flash('note')]),
          }),
        },
      })
      const answer = await ask('/')
      expect(answer.status).toBe(200)
      expect(answer.setCookies).toEqual([expect.stringMatching(COOKIE)])
      expect(answer.header('evil')).toBeNull()
      expect(await answer.text()).toMatch(/^[A-Za-z0-9_-]{86}$/)
      expect(JSON.parse(await (await ask('/get', { cookie: sessionCookie(answer) })).text())).toEqual([text, text, text])
    }
  })
})

describe('what a visitor sends', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...EVIL))
  const anyPath = fc.oneof(
    fc.array(fc.oneof(anyText, fc.webPath()), { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
    anyText,
  )

  /** Commits a request that shows the right cookie beside others, so that strays are cleared for its path. */
  async function cleared(url: string, planted: string[]): Promise<string[]> {
    const { sessions } = makeSessions(memory(), { topology: { kind: 'shared', domain: '.example.com' } })
    const first = new Headers()
    const signIn = await sessions.open(nodeRequest('a.b.example.com'))
    if (signIn.kind === 'serve') await signIn.session.signIn({ id: 'elmer' })
    if (signIn.kind === 'serve') await signIn.commit(first)
    const right = first.getSetCookie()[0]!.split(';')[0]!
    const cookie = [right, ...planted.map((each) => `__Secure-sid=${each}`)].join('; ')
    const exchange = await sessions.open(nodeRequest('a.b.example.com', { cookie }, { url }))
    if (exchange.kind === 'reply') throw new Error(exchange.reply.body)
    expect((await exchange.session.account())?.id).toBe('elmer')
    // Web-standard Headers throw at whatever cannot stand in a header.
    const headers = new Headers()
    await exchange.commit(headers)
    await sessions.close()
    return headers.getSetCookie()
  }

  test('no path and no cookie of a visitor breaks out of the cookies that clear strays', async () => {
    await fc.assert(
      fc.asyncProperty(anyPath, fc.array(anyText, { minLength: 1, maxLength: 3 }), async (url, planted) => {
        const cookies = await cleared(url, ['planted', ...planted])
        expect(cookies.length).toBeGreaterThan(0)
        expect(cookies.length).toBeLessThanOrEqual(16)
        for (const cookie of cookies) expect(cookie).toMatch(COOKIE)
      }),
      { numRuns: 300 },
    )
  })

  test('the cookies that clear strays never clear the right one', async () => {
    await fc.assert(
      fc.asyncProperty(anyPath, async (url) => {
        for (const cookie of await cleared(url, ['planted'])) expect(cookie).not.toMatch(/; Path=\/; Domain=example\.com;/)
      }),
      { numRuns: 100 },
    )
  })

  test('no Host header gets into a response', async () => {
    const { sessions } = makeSessions(memory())
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const exchange = await sessions.open(nodeRequest(`${text}elmer.acme.localhost`))
        const said = exchange.kind === 'reply' ? JSON.stringify(exchange.reply) : exchange.session.host
        expect(said).not.toMatch(/[\r\n\0]|evil/)
      }),
    )
  })
})
