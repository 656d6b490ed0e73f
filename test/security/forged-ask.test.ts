/** Attack 11: forged ask (no signature, another host's key, old): 400, no ticket. */
import { createHmac, hkdfSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { altered, answerTo, ELMER, HUB, hubOf, KEYS, parameter, reasons, signIn, writes } from '../support/crossing.ts'

/** An ask with changed fields under a right signature of another key, or of another host. */
function signed(ask: string, changes: Record<string, string>, host: string, key = KEYS[0]!): string {
  const url = altered(ask, changes)
  const text = ['h', 'm', 'rid', 'cc', 'st', 'i', 'iat'].map((name) => parameter(url, name)).join('\n')
  const signing = Buffer.from(hkdfSync('sha256', key, '', 'landbridge sign', 32))
  const own = createHmac('sha256', signing).update(`ask ${host}`).digest()
  return altered(url, { sig: createHmac('sha256', own).update(text).digest('base64url') })
}

const FORGED: readonly [string, (ask: string) => string, string][] = [
  ['without a signature', (ask) => altered(ask, { sig: null }), 'ask-malformed'],
  ['with an empty signature', (ask) => altered(ask, { sig: '' }), 'ask-malformed'],
  ['with another signature', (ask) => altered(ask, { sig: 'A'.repeat(43) }), 'ask-forged'],
  ['with another spelling of the same signature', (ask) => altered(ask, { sig: `${parameter(ask, 'sig')}=` }), 'ask-forged'],
  ["for elmer, signed with alice's key", (ask) => signed(ask, {}, 'alice.acme.example'), 'ask-forged'],
  ['signed with a key that is not ours', (ask) => signed(ask, {}, 'elmer.acme.example', 'x'.repeat(40)), 'ask-forged'],
  ['whose host was changed', (ask) => altered(ask, { h: 'alice.acme.example' }), 'ask-forged'],
  ['whose mode was changed', (ask) => altered(ask, { m: 'web-message' }), 'ask-forged'],
  ['whose challenge was changed', (ask) => altered(ask, { cc: 'A'.repeat(43) }), 'ask-forged'],
  ['that was made interactive', (ask) => altered(ask, { i: '1' }), 'ask-forged'],
  ['whose return was changed', (ask) => altered(ask, { st: 'x' }), 'ask-forged'],
  ['with a field twice', (ask) => `${ask}&h=alice.acme.example`, 'ask-malformed'],
  ['for the hub itself, rightly signed', (ask) => signed(ask, { h: 'acme.example' }, 'acme.example'), 'ask-unknown-host'],
  ['for a host of nobody, rightly signed', (ask) => signed(ask, { h: 'evil.example' }, 'evil.example'), 'ask-unknown-host'],
  ['by push, rightly signed', (ask) => signed(ask, { m: 'push' }, 'elmer.acme.example'), 'ask-malformed'],
  ['by an unknown way, rightly signed', (ask) => signed(ask, { m: 'pigeon' }, 'elmer.acme.example'), 'ask-malformed'],
  ['from two minutes ago', (ask) => signed(ask, { iat: String(Date.now() - 121_000) }, 'elmer.acme.example'), 'ask-expired'],
  ['from the future', (ask) => signed(ask, { iat: String(Date.now() + 60_000) }, 'elmer.acme.example'), 'ask-expired'],
  ['from no time at all', (ask) => signed(ask, { iat: 'NaN' }, 'elmer.acme.example'), 'ask-expired'],
]

test.each(FORGED)('an ask %s is 400 and yields no ticket', async (_, forge, reason) => {
  const { browser, events, watched } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  watched.calls.length = 0
  const { response, location, form } = await browser.hop(forge(ask))
  expect([response.status, location ?? form, response.headers.getSetCookie()]).toEqual([400, null, []])
  expect(writes(watched)).toEqual([])
  expect(reasons(events)).toEqual([reason])
})

test('the signature of these forgeries is the right one, so that it is not what they are refused for', async () => {
  const { browser } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  expect(signed(ask, {}, 'elmer.acme.example')).toBe(ask)
  expect((await answerTo(browser, signed(ask, { i: '0' }, 'elmer.acme.example'))).fields['ticket']).toMatch(/^[\w-]{43}$/)
})

test('an ask is good for two minutes, and no longer', async () => {
  const { browser, events, clock } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  clock.advance(120_000)
  expect((await answerTo(browser, ask)).action).toBe(`${ELMER}/.session/in`)
  clock.advance(1)
  expect((await browser.hop(ask)).response.status).toBe(400)
  expect(reasons(events)).toEqual(['ask-expired'])
})
