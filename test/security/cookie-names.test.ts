/**
 * Attack 13: nameless cookie `=__Host-sid=x`, `\xA0__Host-sid`, percent-encoded or other-case names, duplicates: only the exact name
 * counts; the valid one among duplicates wins; none valid: anonymous.
 */
import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const OTHER = `${'A'.repeat(22)}.${'B'.repeat(43)}`

/** Cookie headers with the value of a live session, under a name that is not quite ours. */
const NEARLY: readonly ((value: string) => string)[] = [
  (value) => `=__Host-sid=${value}`,
  (value) => `\u00a0__Host-sid=${value}`,
  (value) => `__Host-sid\u00a0=${value}`,
  (value) => `__host-sid=${value}`,
  (value) => `__HOST-SID=${value}`,
  (value) => `__Host-Sid=${value}`,
  (value) => `%5F%5FHost-sid=${value}`,
  (value) => `__Host%2Dsid=${value}`,
  (value) => `__Host-sid%3D${value}`,
  (value) => `"__Host-sid"=${value}`,
  (value) => `__Host-sid =${value}`,
  (value) => `__Host-sid:${value}`,
  (value) => `__Host-sid==${value}`,
  (value) => `__Host-sid="${value}"`,
  (value) => `__Host-sid=${encodeURIComponent(value).replace('.', '%2E')}`,
  (value) => `__Host-sid=${value}.`,
  (value) => `__Host-sid=${value}, __Host-sid=${value}`,
  (value) => `sid=${value}`,
  (value) => `__Secure-sid=${value}`,
  (value) => `x__Host-sid=${value}`,
  (value) => `a=b,__Host-sid=${value}`,
  (value) => `$Version=1,__Host-sid=${value}`,
  (value) => `x="; y=__Host-sid=${value}`,
  (value) => `__Host-sid${value}`,
  (value) => `__Host-sid`.concat('=', value.toUpperCase()),
]

/** Cookie headers in which the right cookie stands among others. */
const AMONG: readonly ((cookie: string) => string)[] = [
  (cookie) => cookie,
  (cookie) => `  ${cookie}\t;;;`,
  (cookie) => `a=b;${cookie};c="d; e=f"`,
  (cookie) => `x="; ${cookie}`,
  (cookie) => `__Host-sid=; ${cookie}`,
  (cookie) => `${cookie}; __Host-sid=`,
  (cookie) => `__Host-sid=nonsense; ${cookie}`,
  (cookie) => `${cookie}; __Host-sid=nonsense`,
  (cookie) => `__Host-sid=${OTHER}; ${cookie}; __Host-sid=${OTHER}`,
  (cookie) => `${cookie}; ${cookie}; ${cookie}`,
  (cookie) => `__Host-sid; ${cookie}`,
]

describe.each(ADAPTERS)('$name', (adapter) => {
  test('a cookie counts under its exact name and with its exact value only', async () => {
    const { ask } = await launch(adapter, { routes: ROUTES })
    const value = sessionCookie(await ask('/sign-in'))!.slice('__Host-sid='.length)
    for (const spell of NEARLY) {
      const answer = await ask('/who', { cookie: spell(value) })
      expect([answer.status, await answer.text()], spell('…')).toEqual([200, 'anonymous'])
    }
  })

  test('the valid one among duplicates wins, wherever it stands', async () => {
    const { ask, events } = await launch(adapter, { routes: ROUTES })
    const cookie = sessionCookie(await ask('/sign-in'))!
    for (const place of AMONG) expect(await (await ask('/who', { cookie: place(cookie) })).text(), place('…')).toBe('elmer')
    expect(events.some(({ type }) => type === 'cookie.duplicate')).toBe(true)
  })

  test('duplicates of which none is valid are nobody', async () => {
    const { ask } = await launch(adapter, { routes: ROUTES })
    const answer = await ask('/who', { cookie: `__Host-sid=${OTHER}; __Host-sid=nonsense; __Host-sid=` })
    expect([await answer.text(), answer.setCookies]).toEqual(['anonymous', []])
  })

  test('of two live sessions neither is taken, and the next request is clear again', async () => {
    const { ask, events } = await launch(adapter, { routes: ROUTES })
    const [one, two] = [sessionCookie(await ask('/sign-in'))!, sessionCookie(await ask('/sign-in'))!]
    for (const cookie of [`${one}; ${two}`, `${two}; ${one}`]) {
      expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
      expect(events.at(-1)).toMatchObject({ reason: 'ambiguous' })
    }
    expect(await (await ask('/who', { cookie: one })).text()).toBe('elmer')
    expect(await (await ask('/who', { cookie: two })).text()).toBe('elmer')
  })
})
