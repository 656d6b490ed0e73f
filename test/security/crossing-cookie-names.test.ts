/** Attack 13 where hosts cross: of the small cookies of a crossing, too, only the exact name counts, and among duplicates the one that was sealed. */
import { expect, test } from 'vitest'
import { NAVIGATION } from '../support/browser.ts'
import { askedFor, ELMER, HUB, hubOf, newHandles, posted, SHOP_A, SHOP_B, signIn, peersOf } from '../support/crossing.ts'

/** Names that something could take for the right one. */
const twisted = (name: string): string[] => [
  `=${name}`,
  `\u00a0${name}`,
  name.toLowerCase(),
  name.toUpperCase(),
  name.replace('-', '%2D'),
  name.replace('__Host-', '').replace('__Secure-', ''),
  `x${name}`,
  `${name}x`,
  `"${name}"`,
]

test('a hint by another name leads nobody to the hub', async () => {
  const { serve } = hubOf()
  for (const name of twisted('__Secure-hint').filter((each) => each !== '__Secure-hint')) {
    const answer = await serve(new Request(`${ELMER}/page`, { headers: { ...NAVIGATION, cookie: `${name}=1` } }))
    expect([name, answer.status, answer.headers.getSetCookie()]).toEqual([name, 200, []])
  }
})

test('a request in flight by another name is none', async () => {
  const { browser, serve } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const name = `__Host-rq.${form.fields['rid']}`
  const sealed = await browser.cookie(ELMER, name)
  for (const each of twisted(name)) {
    const kept = await serve(posted(form, { headers: { cookie: `${each}=${sealed}` } }))
    expect([each, kept.status, newHandles(kept)]).toEqual([each, 303, []])
    const cookie = `${each}=${sealed}; ${kept.headers.getSetCookie()[0]!.split(';')[0]!}`
    const answer = await serve(new Request(kept.headers.get('location')!, { headers: { cookie } }))
    expect([each, answer.status, newHandles(answer)]).toEqual([each, 400, []])
  }
  const planted = ['x', 'a.b', '', sealed!.slice(1)].map((value) => `${name}=${value}`)
  const among = await serve(posted(form, { headers: { cookie: [...planted.slice(0, 3), `${name}=${sealed}`].join('; ') } }))
  expect([among.status, newHandles(among).length]).toEqual([303, 1])
})

test('a ticket that waits behind the redirect, by another name, is none', async () => {
  const { browser, serve } = peersOf()
  await signIn(browser, SHOP_A)
  const { form } = await askedFor(browser, `${SHOP_B}/.session/begin?to=/`)
  const back = (await browser.hop(form)).location!
  const [rq, name] = [`__Host-rq.${form.fields['rid']}`, `__Host-tk.${form.fields['rid']}`]
  const asked = `${rq}=${await browser.cookie(SHOP_B, rq)}`
  const sealed = await browser.cookie(SHOP_B, name)
  for (const each of twisted(name)) {
    const answer = await serve(new Request(back, { headers: { cookie: `${asked}; ${each}=${sealed}` } }))
    expect([each, answer.status, newHandles(answer)]).toEqual([each, 400, []])
  }
  const right = await serve(new Request(back, { headers: { cookie: `${asked}; ${name}=${sealed}` } }))
  expect([right.status, newHandles(right).length]).toEqual([303, 1])
})
