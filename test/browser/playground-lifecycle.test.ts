/** How a sign-in lasts, in the playground: remembered, copied, given a new password, listed and ended. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from 'vitest'
import type { Visit } from './visit.ts'
import { DAFFY, ELMER, HUB, PORKY, visitPlayground } from './visit.ts'

const begin = visitPlayground()
const DAY_S = 86_400

/** With “Stay signed in”, on a host that signs in by itself. */
async function signInToStay(visit: Visit, name: string, host: string): Promise<void> {
  await visit.open(host)
  await visit.page.getByRole('checkbox', { name: 'Stay signed in' }).check()
  await visit.page.getByRole('textbox', { name: 'Name, any will do' }).fill(name)
  await visit.press('Sign in')
  await visit.sees('Signed in. The session got')
}

async function verdict(visit: Visit): Promise<string> {
  await visit.press('Show the copy')
  await visit.page.waitForURL(/result=/)
  return (await visit.page.getByTestId('verdict').innerText()).replace(/\s+/g, ' ')
}

const attributes = (visit: Visit): Promise<string> => visit.page.locator('section', { hasText: 'The cookie of this host' }).innerText()
/** In how many days the browser drops the cookie; `null` when it closes. */
const daysLeft = async (visit: Visit): Promise<number | null> => {
  const { expires } = await visit.cookie(DAFFY, '__Host-sid')
  return expires === -1 ? null : Math.round((expires - Date.now() / 1000) / DAY_S)
}

test('A remembered sign-in has a cookie that outlives the browser, and the page says so', async () => {
  const visit = await begin()
  await visit.signIn('ada', DAFFY)
  expect([await daysLeft(visit), await attributes(visit)]).toEqual([null, expect.stringContaining('no Max-Age')])
  expect(await visit.page.getByRole('button', { name: 'Copy the cookie' }).count()).toBe(0)
  await visit.press('Sign out here')
  await signInToStay(visit, 'ada', DAFFY)
  expect([await daysLeft(visit), await attributes(visit)]).toEqual([60, expect.stringContaining('for 60 more days')])
})

test('A copied cookie works until the secret is replaced; shown after that, it ends the session, and the log names both browsers', async () => {
  const visit = await begin()
  await signInToStay(visit, 'ada', DAFFY)
  expect(await visit.page.getByRole('button', { name: 'Show the copy' }).isDisabled()).toBe(true)
  await visit.press('Copy the cookie')
  await visit.sees('Copied. As long as')
  expect(await verdict(visit)).toContain('The thief is in, as ada')
  const shown = visit.page.getByTestId('cookie-part-1')
  const masked = await shown.innerText()
  const [id, before] = [await visit.sessionId(), (await visit.cookie(DAFFY, '__Host-sid')).value]
  await visit.press('Let a day pass')
  await visit.sees('A day passed')
  expect(await shown.innerText()).not.toBe(masked)
  expect(await visit.page.getByTestId('lasting').innerText()).toContain('was replaced')
  const after = (await visit.cookie(DAFFY, '__Host-sid')).value
  expect([await visit.sessionId(), after === before, await daysLeft(visit)]).toEqual([id, false, 59])
  expect(await verdict(visit)).toContain('The theft is noticed: both browsers are out')
  expect(await visit.who()).toBe('Nobody')
  const log = await visit.page.getByTestId('log').innerText()
  expect(log).toMatch(/session\.stolen[^]*shown by Firefox 140 on Windows; Chrome \d+ on Linux had signed in/)
  const markup = await visit.page.content()
  for (const secret of [before, after].map((value) => value.split('.')[1]!)) expect(markup).not.toContain(secret.slice(5))
  expect(visit.complaints).toEqual([])
})

test('A new password needs a sign-in of the last ten minutes, and ends the sessions of the account on every host but this one', async () => {
  const visit = await begin()
  await visit.signIn('joan', PORKY)
  await signInToStay(visit, 'joan', DAFFY)
  await visit.press('Let 10 minutes pass')
  await visit.sees('Ten minutes passed')
  await visit.press('Change the password')
  await visit.sees('That sign-in is older than ten minutes.')
  await visit.open(PORKY)
  expect(await visit.who()).toBe('joan')
  await visit.open(DAFFY)
  await visit.page.getByRole('checkbox', { name: 'Stay signed in' }).check()
  await visit.page.getByRole('textbox', { name: 'Sign in again, or as somebody else' }).fill('joan')
  await visit.press('Sign in')
  await visit.press('Change the password')
  await visit.sees('Changed. Every other session')
  expect([await visit.who(), await daysLeft(visit)]).toEqual(['joan', 60])
  await visit.open(PORKY)
  expect(await visit.who()).toBe('Nobody')
})

test('At the hub, the sign-in page asks for the name again, and tenants stay signed in with the new password', async () => {
  const visit = await begin()
  await visit.signInAtHub('fudd')
  await visit.press('Let 10 minutes pass')
  await visit.press('Change the password')
  await visit.page.waitForURL((url) => url.pathname === '/login')
  expect(await visit.page.getByRole('textbox', { name: 'Name, any will do' }).inputValue()).toBe('fudd')
  await visit.press('Sign in')
  await visit.press('Change the password')
  await visit.sees('Changed. Every other session')
  await visit.open(ELMER)
  expect(await visit.who()).toBe('fudd')
})

test('The devices of the account are listed at the hub with their hosts, and the other browser can be ended there', async () => {
  const [visit, other] = [await begin(), await begin()]
  const name = `lola ${Date.now()}`
  await other.signInAtHub(name)
  await visit.signInAtHub(name)
  await visit.open(ELMER)
  await visit.open(HUB)
  await visit.page.getByRole('link', { name: 'Your devices' }).click()
  expect(await visit.page.locator('li.own').innerText()).toMatch(/acme\.localhost, elmer\.acme\.localhost/)
  expect(await visit.page.locator('li').count()).toBe(2)
  await visit.press('Sign out all others')
  await visit.page.waitForFunction(() => document.querySelectorAll('li').length === 1)
  await other.open(HUB)
  expect(await other.who()).toBe('Nobody')
  await visit.page.getByRole('link', { name: 'Back' }).click()
  expect(await visit.who()).toBe(name)
  await visit.page.getByRole('link', { name: 'Your devices' }).click()
  await visit.press('Sign out everywhere')
  await visit.sees('Signed out: the session ended')
  expect([visit.complaints, other.complaints]).toEqual([[], []])
})

test('Nothing of it is cut off on a phone or a desk, and axe objects to nothing in either scheme', { timeout: 60_000 }, async () => {
  const visit = await begin()
  const look = async (): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit.page.emulateMedia({ colorScheme })
      const { violations } = await new AxeBuilder({ page: visit.page }).analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
    }
    for (const width of [390, 1400]) {
      await visit.page.setViewportSize({ width, height: 900 })
      expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    }
  }
  await signInToStay(visit, 'a-name-of-sixty-characters-without-any-place-to-break-a-line', DAFFY)
  await visit.press('Copy the cookie')
  await visit.press('Let a day pass')
  await visit.sees('A day passed')
  await look()
  await verdict(visit)
  await look()
})
