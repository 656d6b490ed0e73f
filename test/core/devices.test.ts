// The browsers that an account is signed in on, as its owner lists and ends them.
import { expect, test } from 'vitest'
import { agentLabel } from '../../packages/landbridge/src/core/agent.ts'
import type { AnySession } from './support.ts'
import { ALICE, ELMER, MINUTE, START, world } from './support.ts'

const FIREFOX = { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' } }
const account = async (session: AnySession) => (await session.account())?.id ?? null

async function three() {
  const made = world()
  const [laptop, phone, stranger] = [made.browser(), made.browser(), made.browser()]
  await laptop.visit(ELMER, (session) => session.signIn({ id: 'ada' }), FIREFOX)
  made.clock.now += MINUTE
  await phone.visit(ALICE, (session) => session.signIn({ id: 'ada', remember: true }))
  await stranger.visit(ELMER, (session) => session.signIn({ id: 'ben' }))
  return { ...made, laptop, phone, stranger }
}

test('each is listed with its times, scopes and name, the one seen last first, this one marked', async () => {
  const { laptop } = await three()
  const devices = await laptop.at(ELMER, (session) => session.devices())
  expect(devices).toEqual([
    {
      id: expect.stringMatching(/^[\w-]{22}$/),
      createdAt: START + MINUTE,
      seenAt: START + MINUTE,
      scopes: ['alice.acme.com'],
      agent: 'Unknown browser',
      remembered: true,
      current: false,
    },
    {
      id: expect.stringMatching(/^[\w-]{22}$/),
      createdAt: START,
      seenAt: START,
      scopes: ['elmer.acme.com'],
      agent: 'Firefox 140 on Linux',
      remembered: false,
      current: true,
    },
  ])
})

test('nobody has none', async () => {
  const { browser } = world()
  expect(await browser().at(ELMER, (session) => session.devices())).toEqual([])
  expect(await browser().at(ELMER, (session) => session.endOtherDevices())).toBe(0)
  expect(await browser().at(ELMER, (session) => session.endAllDevices())).toBe(0)
})

test('one is ended at once, by its name alone, and another account has no say in it', async () => {
  const { laptop, phone, stranger } = await three()
  const [target] = await laptop.at(ELMER, (session) => session.devices())
  expect(await stranger.at(ELMER, (session) => session.endDevice(target!.id))).toBe(false)
  expect(await phone.at(ALICE, account)).toBe('ada')
  expect(await laptop.at(ELMER, (session) => session.endDevice(target!.id))).toBe(true)
  expect(await phone.at(ALICE, account)).toBe(null)
  expect(await laptop.at(ELMER, (session) => session.endDevice(target!.id))).toBe(false)
  expect(await laptop.at(ELMER, account)).toBe('ada')
})

test('its name stays when the session is renewed, so that what was shown can still be ended', async () => {
  const { laptop, phone } = await three()
  const [target] = await laptop.at(ELMER, (session) => session.devices())
  await phone.visit(ALICE, (session) => session.renew())
  await phone.visit(ALICE, (session) => session.signIn({ id: 'ada' }))
  expect(await laptop.at(ELMER, (session) => session.endDevice(target!.id))).toBe(true)
  expect(await phone.at(ALICE, account)).toBe(null)
})

test('this one is signed out, with its cookie', async () => {
  const { laptop } = await three()
  const devices = await laptop.at(ELMER, (session) => session.devices())
  const { response } = await laptop.visit(ELMER, (session) => session.endDevice(devices.find(({ current }) => current)!.id))
  expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
  expect(await laptop.at(ELMER, account)).toBe(null)
})

test('all others, and all', async () => {
  const { laptop, phone, stranger } = await three()
  expect(await laptop.at(ELMER, (session) => session.endOtherDevices())).toBe(1)
  expect([await laptop.at(ELMER, account), await phone.at(ALICE, account)]).toEqual(['ada', null])
  await phone.visit(ALICE, (session) => session.signIn({ id: 'ada' }))
  expect(await laptop.at(ELMER, (session) => session.endAllDevices())).toBe(2)
  expect([await laptop.at(ELMER, account), await phone.at(ALICE, account), await stranger.at(ELMER, account)]).toEqual([null, null, 'ben'])
})

test('browsers are named by what they say, in words and digits alone', () => {
  const UA = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'
  expect(agentLabel(`${UA} Version/26.1 Safari/605.1.15`)).toBe('Safari 26 on macOS')
  expect(agentLabel(`${UA} Chrome/142.0 Safari/537.36 Edg/142.0`)).toBe('Edge 142 on macOS')
  expect(agentLabel('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/142.0 Mobile/15E148 Safari/604.1')).toBe(
    'Chrome 142 on iPhone',
  )
  expect(agentLabel('curl/8.5.0')).toBe('curl 8')
  expect(agentLabel('<script>alert(1)</script> Linux')).toBe('Unknown browser on Linux')
  expect(agentLabel(undefined)).toBe('Unknown browser')
  expect(agentLabel(`${'x'.repeat(600)}Firefox/1`)).toBe('Unknown browser')
})

test('whoever is anonymous ends nothing, also where something is kept for him', async () => {
  const { browser } = world()
  const anonymous = browser()
  await anonymous.visit(ELMER, (session) => session.set('cart', [1]))
  expect(await anonymous.at(ELMER, (session) => session.endAllDevices())).toBe(0)
  expect(await anonymous.at(ELMER, (session) => session.get('cart'))).toEqual([1])
})

test('two sign-ins of one browser at one moment go by one name, and end together', async () => {
  const { browser, sessions } = world()
  const ada = browser()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  const copy = { headers: { cookie: await ada.cookies(ELMER) } }
  const signIn = async (session: AnySession) => {
    await session.account()
    await Promise.resolve()
    await session.signIn({ id: 'ada' })
  }
  await Promise.all([ada.visit(ELMER, signIn), browser().visit(ELMER, signIn, copy)])
  const devices = await ada.at(ELMER, (session) => session.devices())
  expect(devices).toHaveLength(2)
  const { response } = await ada.visit(ELMER, (session) => session.endDevice(devices.find(({ current }) => current)!.id))
  expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
  expect(await sessions.sessionsOf('ada')).toEqual([])
})

test('its name stays with the account: whoever signs in next in that browser gets another one', async () => {
  const { browser } = world()
  const shared = browser()
  const current = async () => (await shared.at(ELMER, (session) => session.devices())).find((each) => each.current)!.id
  await shared.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  const [first] = [await current()]
  await shared.visit(ELMER, (session) => session.addAccount({ id: 'ben' }))
  expect(await current(), 'beside her it is the same').toBe(first)
  await shared.visit(ELMER, (session) => session.signIn({ id: 'ben' }))
  expect(await current()).toBe(first)
  await shared.visit(ELMER, (session) => session.signIn({ id: 'eve' }))
  expect(await current()).not.toBe(first)
})

test('what damage left of a name counts as none, and the browser can be listed and ended all the same', async () => {
  const { laptop, phone, sessions, store, clock } = await three()
  const id = (await sessions.sessionsOf('ada')).find(({ device }) => device.scopes[0] === 'alice.acme.com')!.id
  for (const damage of ['null', '5', '{}', '[]', '{"id":7,"agent":"x"}', '{"id":"x"}', 'not json']) {
    const changes = new Map([['\u0000device', damage]])
    const times = { seenAt: clock.now, expiresAt: clock.now + MINUTE }
    await store.update(id, 'alice.acme.com' as never, { place: 'handle', changes, ...times }, clock.now)
    const [target] = (await laptop.at(ELMER, (session) => session.devices())).filter(({ current }) => !current)
    expect(target).toMatchObject({ id: id.slice(-8), agent: 'Unknown browser' })
  }
  expect(await laptop.at(ELMER, (session) => session.endDevice(id.slice(-8)))).toBe(true)
  expect(await phone.at(ALICE, account)).toBe(null)
})
