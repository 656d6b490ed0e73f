/**
 * Several accounts in one browser: whatever the order in which requests beside each other read, switch and save, no account ever
 * meets a value of another one.
 */
import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { ELMER, HUB, hubOf, seen, signIn, whoAt } from '../support/crossing.ts'

type More = Parameters<typeof hubOf>[0]

/** Bob is signed in, and Ada, who is active. */
async function start(more?: More): Promise<Crossing> {
  const world = hubOf(more)
  await signIn(world.browser, HUB, 'bob')
  await world.browser.post(`${HUB}/add?as=ada`, {})
  return world
}

/** A request of the browser that has read its session, and has not saved yet. */
async function begun({ browser, sessions }: Crossing, host = HUB) {
  const cookie = await browser.jar.getCookieString(host)
  const exchange = await sessions.open(new Request(`${host}/`, { headers: { cookie } }))
  if (exchange.kind === 'reply') throw new Error(`${host} answered ${exchange.reply.status}`)
  const { session } = exchange
  await session.account()
  const save = async (): Promise<void> => {
    const headers = new Headers()
    await exchange.commit(headers)
    for (const each of headers.getSetCookie()) await browser.jar.setCookie(each, host)
  }
  return { session, save }
}

const page = async ({ browser }: Crossing, host = HUB) => {
  const { id, note } = seen(await browser.go(`${host}/`))
  return [id, note]
}

describe('values of one account never reach another one', () => {
  test('when it saves a new value while the browser is switched', async () => {
    const world = await start()
    const switching = await begun(world)
    const saving = await begun(world)
    saving.session.set('note', "ada's")
    await saving.save()
    expect(await switching.session.switchAccount('bob')).toBe(true)
    expect(await switching.session.get('note')).toBe(undefined)
    await switching.save()
    expect(await page(world)).toEqual(['bob', null])
  })

  test('when it renews after the browser was switched', async () => {
    const world = await start()
    const renewing = await begun(world)
    renewing.session.set('note', "ada's")
    await renewing.session.renew()
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    await expect(renewing.save()).rejects.toMatchObject({ code: 'ERR_ACCOUNT_CHANGED' })
    expect(await page(world)).toEqual(['bob', null])
  })

  test.each(['signIn', 'addAccount'] as const)('when the one that signs in again by %s was switched away meanwhile', async (method) => {
    const world = await start()
    const again = await begun(world)
    await again.session[method]({ id: 'ada' })
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    await world.browser.post(`${HUB}/set?note=bobs`, {})
    await again.save()
    expect(await page(world)).toEqual(['ada', null])
  })

  test('when the other one is removed just after the browser was switched to it', async () => {
    const world = await start()
    const removing = await begun(world)
    await removing.session.removeAccount('bob')
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    await world.browser.post(`${HUB}/set?note=bobs`, {})
    await expect(removing.save()).rejects.toMatchObject({ code: 'ERR_ACCOUNT_CHANGED' })
    expect(await page(world)).toEqual(['bob', 'bobs'])
  })

  test('when it signs in again and the same request switches', async () => {
    const world = await start()
    await world.browser.post(`${HUB}/set?note=adas`, {})
    const both = await begun(world)
    await both.session.addAccount({ id: 'ada' })
    expect(await both.session.switchAccount('bob')).toBe(true)
    await both.save()
    expect(await page(world)).toEqual(['bob', null])
  })

  test('at a spoke, when it saves while the application is asked about the other one', async () => {
    let asked = Promise.withResolvers<void>()
    let answer = Promise.resolve()
    const authorize = async (): Promise<true> => {
      asked.resolve()
      await answer
      return true
    }
    const world = await start({ topology: { authorize } })
    expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
    const saving = await begun(world, ELMER)
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    const gate = Promise.withResolvers<void>()
    asked = Promise.withResolvers<void>()
    answer = gate.promise
    const visiting = page(world, ELMER)
    await asked.promise
    saving.session.set('note', "ada's")
    await saving.save()
    gate.resolve()
    expect(await visiting).toEqual(['bob', null])
    expect(await page(world, ELMER)).toEqual(['bob', null])
  })
})

describe('the account that a request sees', () => {
  test('stays the active one when an account added later is removed', async () => {
    const world = await start()
    await world.browser.post(`${HUB}/add?as=cleo`, {})
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    const { session, save } = await begun(world)
    await session.removeAccount('cleo')
    expect((await session.account())?.id).toBe('bob')
    const tag = await session.accountTag()
    await save()
    expect([await whoAt(world.browser, `${HUB}/`), await (await begun(world)).session.accountTag()]).toEqual(['bob', tag])
  })

  test('is the one it switched to, when it removed another one before', async () => {
    const world = await start()
    await world.browser.post(`${HUB}/add?as=cleo`, {})
    await world.browser.post(`${HUB}/switch?as=bob`, {})
    await world.browser.post(`${HUB}/set?note=bobs`, {})
    const { session, save } = await begun(world)
    await session.removeAccount('cleo')
    expect(await session.switchAccount('ada')).toBe(true)
    await save()
    expect(await page(world)).toEqual(['ada', null])
  })
})
