import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { ALICE, ELMER, HUB, hubOf, peersOf, seen, SHOP_A, signIn, statuses, whoAt } from '../support/crossing.ts'

const DAY = 86_400_000

async function start(...names: readonly string[]): Promise<Crossing> {
  const world = hubOf()
  await signIn(world.browser, HUB, names[0])
  for (const name of names.slice(1)) await world.browser.post(`${HUB}/add?as=${name}`, {})
  return world
}
const listed = async ({ browser }: Crossing, host = HUB) =>
  (
    (await (await browser.fetch(`${host}/.session/accounts`)).response.json()) as {
      accounts: { id: string; active: boolean; expired: boolean }[]
    }
  ).accounts
const names = async (world: Crossing) => (await listed(world)).map(({ id, active }) => (active ? `${id}*` : id)).sort()
const act = async ({ browser }: Crossing, name: string, fields: object) =>
  (await browser.fetch(`${HUB}/.session/${name}`, { method: 'POST', body: JSON.stringify(fields) })).response.status

describe('accounts', () => {
  test('ten fit in one browser, and the last one added is active', async () => {
    const ten = Array.from({ length: 10 }, (_, i) => `user-${i}`)
    const world = await start(...ten)
    expect(await names(world)).toEqual([...ten.slice(0, 9), 'user-9*'])
    await expect(world.browser.post(`${HUB}/add?as=eleventh`, {})).rejects.toMatchObject({ code: 'ERR_TOO_MANY_ACCOUNTS' })
    expect((await listed(world)).length).toBe(10)
    // Signing one of them in again is no eleventh.
    await world.browser.post(`${HUB}/add?as=user-3`, {})
    expect([(await listed(world)).length, await whoAt(world.browser, `${HUB}/`)]).toEqual([10, 'user-3'])
  })

  test('a switch reaches the spokes at their next request without a redirect, each with its own values', async () => {
    const world = await start('bob', 'ada')
    const { browser } = world
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
    await browser.post(`${ELMER}/set?note=adas`, {})
    expect(await act(world, 'switch', { account: 'bob' })).toBe(200)
    const visit = await browser.go(`${ELMER}/`)
    expect([statuses(visit), seen(visit)]).toEqual([[200], { id: 'bob', claims: { role: 'bob@elmer.acme.example' }, note: null }])
    expect(world.events.find(({ type }) => type === 'account.switched')).toMatchObject({ account: 'bob' })
    expect(await names(world)).toEqual(['ada', 'bob*'])
  })

  test('one that is removed is gone on all hosts, the others stay; with the last one the session ends', async () => {
    const world = await start('bob', 'ada')
    expect(await act(world, 'remove', { account: 'ada' })).toBe(200)
    expect(await names(world)).toEqual(['bob*'])
    expect(await whoAt(world.browser, `${ELMER}/`)).toBe('bob')
    expect(world.events.find(({ type }) => type === 'account.removed')).toMatchObject({ account: 'ada' })
    await act(world, 'remove', { account: 'bob' })
    expect([await names(world), await whoAt(world.browser, `${ELMER}/`)]).toEqual([[], null])
    expect(await world.sessions.sessionsOf('bob')).toEqual([])
  })

  test('a host keeps its own choice, whatever is active, until it ends or the account goes', async () => {
    const world = await start('bob', 'ada')
    const { browser } = world
    const both = async () => [await whoAt(browser, `${ELMER}/`), await whoAt(browser, `${ALICE}/`)]
    expect(await act(world, 'choose', { host: 'elmer.acme.example', account: 'bob' })).toBe(200)
    expect(await both()).toEqual(['bob', 'ada'])
    await act(world, 'switch', { account: 'bob' })
    await act(world, 'switch', { account: 'ada' })
    expect(await both()).toEqual(['bob', 'ada'])
    await browser.post(`${HUB}/add?as=eve`, {})
    expect(await both()).toEqual(['bob', 'eve'])
    await act(world, 'choose', { host: 'elmer.acme.example' })
    expect(await both()).toEqual(['eve', 'eve'])
    await act(world, 'choose', { host: 'elmer.acme.example', account: 'bob' })
    await act(world, 'remove', { account: 'bob' })
    // Each new sign-in makes the spokes cross again, and they do so twice in ten seconds.
    world.clock.advance(10_000)
    expect(await both()).toEqual(['eve', 'eve'])
  })

  test('one whose sign-in is too old is listed as expired, opens nothing, and cannot be switched to', async () => {
    const world = hubOf({ lifetime: { idle: '20d', absolute: '30d' } })
    const { browser, clock } = world
    await signIn(browser, HUB, 'bob')
    clock.advance(16 * DAY)
    await browser.post(`${HUB}/add?as=ada`, {})
    await act(world, 'choose', { host: 'elmer.acme.example', account: 'bob' })
    expect(await whoAt(browser, `${ELMER}/`)).toBe('bob')
    clock.advance(15 * DAY)
    expect(await listed(world)).toEqual([
      { id: 'ada', active: true, expired: false },
      { id: 'bob', active: false, expired: true },
    ])
    expect(await act(world, 'switch', { account: 'bob' })).toBe(400)
    expect([await whoAt(browser, `${ELMER}/`), await whoAt(browser, `${HUB}/`)]).toEqual([null, 'ada'])
    await browser.post(`${HUB}/add?as=bob`, {})
    expect(await whoAt(browser, `${ELMER}/`)).toBe('bob')
  })

  test('a spoke knows its own account alone, and can neither add, switch, choose nor remove', async () => {
    const world = await start('bob', 'ada')
    await world.browser.go(`${ELMER}/`)
    expect(await listed(world, ELMER)).toEqual([{ id: 'ada', active: true, expired: false }])
    for (const path of ['/add?as=eve', '/switch?as=bob', '/choose?to=elmer.acme.example&as=bob', '/remove?as=ada', '/login']) {
      await expect(world.browser.post(ELMER + path, {})).rejects.toMatchObject({ code: 'ERR_NOT_AT_HUB' })
    }
  })

  test('the values of one are not those of another, at the hub either', async () => {
    const { browser } = await start('bob', 'ada')
    await browser.post(`${HUB}/set?note=adas`, {})
    await browser.post(`${HUB}/switch?as=bob`, {})
    expect(seen(await browser.go(`${HUB}/`))).toMatchObject({ id: 'bob', note: null })
  })

  test('peers have them, too, without choices of hosts', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A, 'bob')
    await browser.post(`${SHOP_A}/add?as=ada`, {})
    await browser.post(`${SHOP_A}/switch?as=bob`, {})
    expect(await whoAt(browser, `${SHOP_A}/`)).toBe('bob')
    await expect(browser.post(`${SHOP_A}/choose?to=shop-b.example&as=ada`, {})).rejects.toMatchObject({ code: 'ERR_NOT_AT_HUB' })
  })
})
