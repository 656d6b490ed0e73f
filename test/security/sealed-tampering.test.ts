/** A sealed session that was changed in any way, or pieced together from two states, opens nothing and throws nothing. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type { Session } from 'landbridge'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { expect, test } from 'vitest'
import { ELMER, world } from '../core/support.ts'

const KEYS = ['the key of these tests is long enough']

/** A session in several cookies, in two states that share their first and their last piece in all but the seal. */
async function large() {
  const { browser, sessions, events } = world({ store: sealedCookie({ keys: KEYS, chunks: 4 }) })
  const visitor = browser()
  const cookies = async () => new Map((await visitor.jar.getCookies(ELMER)).map(({ key, value }) => [key, value] as const))
  await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  const pad = randomBytes(4000).toString('hex')
  await visitor.at(ELMER, (session) => session.set('pad', pad))
  const before = await cookies()
  await visitor.at(ELMER, (session) => session.set('role', 'admin'))
  const after = await cookies()
  const show = async (shown: ReadonlyMap<string, string>) => {
    const cookie = [...shown].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await sessions.handle(new Request(ELMER, { headers: { cookie } }), async (session) =>
      Response.json([(await session.account())?.id ?? null, (await session.get('role')) ?? null]),
    )
    return answer.json() as Promise<[account: string | null, role: string | null]>
  }
  const visit = (shown: ReadonlyMap<string, string>, act: (session: Session<Record<string, unknown>>) => unknown) => {
    const cookie = [...shown].map(([name, value]) => `${name}=${value}`).join('; ')
    return sessions.handle(new Request(ELMER, { headers: { cookie } }), async (session) => {
      await act(session)
      return new Response()
    })
  }
  const pieces = [...after.keys()].filter((name) => name !== '__Host-sid').toSorted()
  return { before, after, show, visit, pieces, events }
}

test('the states that are tampered with below open as they are', async () => {
  const { before, after, show, pieces } = await large()
  expect(pieces).toHaveLength(4)
  expect([await show(before), await show(after)]).toEqual([
    ['ada', null],
    ['ada', 'admin'],
  ])
})

test('whichever bit of whichever cookie is flipped, nothing opens', async () => {
  const { after, show } = await large()
  const any = fc.constantFrom(...after.keys()).chain((name) => {
    return fc.record({ name: fc.constant(name), at: fc.nat(after.get(name)!.length - 1), bit: fc.nat(6) })
  })
  await fc.assert(
    fc.asyncProperty(any, async ({ name, at, bit }) => {
      const value = after.get(name)!
      const flipped = String.fromCharCode(value.charCodeAt(at) ^ (1 << bit))
      fc.pre(/[\x21\x23-\x3a\x3c-\x7e]/.test(flipped))
      const changed = new Map(after).set(name, value.slice(0, at) + flipped + value.slice(at + 1))
      expect(await show(changed)).toEqual([null, null])
    }),
    { numRuns: 2000 },
  )
})

test('each single letter of a small record, in every spelling, counts', async () => {
  const { browser, sessions } = world({ store: sealedCookie({ keys: KEYS }) })
  const visitor = browser()
  await visitor.at(ELMER, (session) => session.set('theme', 'dark'))
  // Lengths that leave spare bits in the last letter, and one that leaves none.
  for (const value of ['a', 'ab', 'abc']) {
    await visitor.at(ELMER, (session) => session.set('theme', value))
    const cookies = new Map((await visitor.jar.getCookies(ELMER)).map(({ key, value: text }) => [key, text] as const))
    const record = [...cookies.keys()].find((name) => name !== '__Host-sid')!
    const text = cookies.get(record)!
    const read = async (changed: string) => {
      const cookie = `__Host-sid=${cookies.get('__Host-sid')}; ${record}=${changed}`
      const answer = await sessions.handle(new Request(ELMER, { headers: { cookie } }), async (session) =>
        Response.json((await session.get('theme')) ?? null),
      )
      return answer.json()
    }
    expect(await read(text)).toBe(value)
    for (let at = 0; at < text.length; at++) {
      const others = 'Aa0-_.+/='.replaceAll(text[at]!, '')
      for (const letter of at > text.length - 3 ? ALPHABET.replaceAll(text[at]!, '') : others)
        expect([at, letter, await read(text.slice(0, at) + letter + text.slice(at + 1))]).toEqual([at, letter, null])
    }
    for (const changed of [
      `${text}=`,
      `${text}A`,
      ` "${text}"`,
      text.slice(0, -1),
      text.slice(1),
      `${text[0]} ${text.slice(1)}`,
      `${text.slice(0, 9)}.${text.slice(9)}`,
      '',
      '1',
      '0',
      '9',
    ])
      expect([changed, await read(changed)]).toEqual([changed, null])
  }
})

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/.'

test('a request between two states of a session takes the place of neither, but a new sign-in does', async () => {
  const { before, after, visit, pieces } = await large()
  const [first, , , last] = pieces as [string, string, string, string]
  const mixed = new Map(before).set(first, after.get(first)!)
  const cut = new Map(after)
  cut.delete(last)
  for (const torn of [mixed, cut]) {
    const late = await visit(torn, async (session) => session.set('pad', 'small'))
    expect([late.status, late.headers.getSetCookie()]).toEqual([409, []])
    const again = await visit(torn, async (session) => session.signIn({ id: 'ben' }))
    expect([again.status, again.headers.getSetCookie().some((line) => line.startsWith('__Host-sid='))]).toEqual([200, true])
  }
})

test('no mixture of the pieces of two states opens, in no order, and none of which a piece is missing', async () => {
  const { before, after, show, pieces, events } = await large()
  const sources = [before, after, new Map<string, string>()]
  for (let mixture = 0; mixture < 3 ** pieces.length; mixture++) {
    const from = pieces.map((_, i) => Math.floor(mixture / 3 ** i) % 3)
    const whole = from.every((each) => each === from[0])
    const shown = new Map([['__Host-sid', after.get('__Host-sid')!]])
    pieces.forEach((name, i) => {
      const value = sources[from[i]!]!.get(name)
      if (value !== undefined) shown.set(name, value)
    })
    const expected = whole && from[0] !== 2 ? ['ada', from[0] === 1 ? 'admin' : null] : [null, null]
    expect([from, await show(shown)]).toEqual([from, expected])
  }
  const swapped = new Map(after).set(pieces[1]!, after.get(pieces[2]!)!).set(pieces[2]!, after.get(pieces[1]!)!)
  expect(await show(swapped)).toEqual([null, null])
  expect(new Set(events.filter(({ type }) => type === 'cookie.refused').map((event) => (event as { reason: string }).reason))).toEqual(
    new Set(['unknown-handle']),
  )
})

test('a piece that is left over from a larger state does no harm', async () => {
  const { browser } = world({ store: sealedCookie({ keys: KEYS }) })
  const visitor = browser()
  await visitor.at(ELMER, (session) => session.set('pad', randomBytes(2000).toString('hex')))
  const left = (await visitor.jar.getCookies(ELMER)).find(({ key }) => key.endsWith('.1'))!
  await visitor.at(ELMER, (session) => session.set('pad', 'small'))
  await visitor.jar.setCookie(left, ELMER)
  expect(await visitor.at(ELMER, (session) => session.get('pad'))).toBe('small')
  await visitor.at(ELMER, (session) => session.set('more', 1))
  expect((await visitor.jar.getCookies(ELMER)).map(({ key }) => key)).not.toContain(left.key)
})

test('arbitrary texts in the place of the record are refused, never an exception', async () => {
  const { after, show, pieces } = await large()
  const letters = fc.stringMatching(/^[1-4]?[\x21\x23-\x3a\x3c-\x7e]{0,400}$/)
  await fc.assert(
    fc.asyncProperty(fc.array(letters, { maxLength: 4 }), async (texts) => {
      const shown = new Map([['__Host-sid', after.get('__Host-sid')!], ...texts.map((text, i) => [pieces[i]!, text] as const)])
      expect(await show(shown)).toEqual([null, null])
    }),
    { numRuns: 500 },
  )
})
