/** A header full of forged pieces of sealed sessions: the work stays bounded, and the right one is found among a few. */
import { randomBytes } from 'node:crypto'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { describe, expect, test } from 'vitest'
import { ELMER, world } from '../core/support.ts'
import type { AnySession } from '../core/support.ts'

const KEYS = Array.from({ length: 8 }, (_, i) => `key number ${i} of these tests is long enough`)
const who = async (session: AnySession) => (await session.account())?.id ?? null

async function signedIn() {
  const made = world({ store: sealedCookie({ keys: KEYS, chunks: 4 }) })
  const visitor = made.browser()
  await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  await visitor.at(ELMER, (session) => session.set('pad', randomBytes(4000).toString('hex')))
  const cookies = new Map((await visitor.jar.getCookies(ELMER)).map(({ key, value }) => [key, value] as const))
  const id = cookies.get('__Host-sid')!.slice(0, 22)
  const show = async (cookie: string, act = who) => (await made.browser().visit(ELMER, act, { headers: { cookie } })).result
  return { ...made, cookies, id, show, whole: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
}

const repeated = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i)).join('; ')

describe('A header', () => {
  test.each([1, 50])('with %i times the pieces of forged records for each place costs no more than a few attempts', async (times) => {
    const { cookies, id, show } = await signedIn()
    // All of them begin as what is sealed with the right key does, so that each combination has to be decrypted to be refused.
    const begin = cookies.get(`__Host-sid.${id.slice(-8)}.0`)!.slice(1, 3)
    const piece = (i: number) => begin + randomBytes(100).toString('base64url') + i
    const forged = [0, 1, 2, 3].map((place) =>
      repeated(times, (i) => `__Host-sid.${id.slice(-8)}.${place}=${place === 0 ? 4 : ''}${piece(i)}`),
    )
    const handles = repeated(8, (i) => `__Host-sid=${id.slice(0, -9)}${i}${id.slice(-8)}.${'A'.repeat(43)}`)
    const cookie = `${handles}; __Host-sid=${cookies.get('__Host-sid')}; ${forged.join('; ')}`
    expect(await show(cookie)).toBe(null)
    const began = performance.now()
    for (let i = 0; i < 20; i++) await show(cookie)
    // 50 pieces in each of four places are six million combinations.
    expect((performance.now() - began) / 20).toBeLessThan(50)
  })

  test.each([8, 64, 512])('of %i kB with one huge record is refused at once', async (kilobytes) => {
    const { cookies, id, show } = await signedIn()
    const cookie = `__Host-sid=${cookies.get('__Host-sid')}; __Host-sid.${id.slice(-8)}.0=1${'A'.repeat(kilobytes * 1024)}`
    const began = performance.now()
    expect(await show(cookie)).toBe(null)
    expect(performance.now() - began).toBeLessThan(100)
  })

  test('with the names of a thousand records clears a bounded number of them, with the next change', async () => {
    const { browser, whole } = await signedIn()
    const left = repeated(1000, (i) => `__Host-sid.left${String(i).padStart(4, '0')}.0=1AAAA`)
    const { response } = await browser().visit(ELMER, (session) => session.set('more', 1), { headers: { cookie: `${whole}; ${left}` } })
    expect(response.headers.getSetCookie().filter((line) => line.includes('Max-Age=0'))).toHaveLength(16)
  })

  test('in which a stray piece stands beside the right one opens, as browsers send those of a sibling as well', async () => {
    const { cookies, id, show } = await signedIn()
    for (const place of [0, 1, 2, 3]) {
      const name = `__Host-sid.${id.slice(-8)}.${place}`
      const stray = `${name}=${place === 0 ? '4' : ''}${randomBytes(60).toString('base64url')}`
      const pairs = [...cookies].map(([each, value]) => `${each}=${value}`)
      for (const header of [
        [stray, ...pairs],
        [...pairs, stray],
      ])
        expect(await show(header.join('; '))).toBe('ada')
    }
  })

  test('whose names differ in anything from those of ours is left alone', async () => {
    const { browser, whole } = await signedIn()
    const others = [
      '__Host-sid.admin',
      '__Host-sid.12345678.4',
      '__Host-sid.1234567.0',
      '__host-sid.12345678.0',
      'sid.12345678.0',
      '__Host-sidX12345678.0',
    ]
    const cookie = `${whole}; ${others.map((name) => `${name}=1`).join('; ')}`
    const { response } = await browser().visit(ELMER, (session) => session.set('more', 1), { headers: { cookie } })
    expect(response.headers.getSetCookie().filter((line) => line.includes('Max-Age=0'))).toEqual([])
  })
})
