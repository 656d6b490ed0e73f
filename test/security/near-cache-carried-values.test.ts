// Attack 26, near cache: what a process remembers of a session here, when a ticket brings another session in its place.
import { expect, test } from 'vitest'
import { askedFor, ELMER, HUB, hubOf, seen, signIn } from '../support/crossing.ts'
import { nearCaches } from '../support/near-caches.ts'

test('values of a session that was signed out do not come back with the next sign-in', async () => {
  const { a, b, browser, route } = nearCaches(hubOf)
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  await browser.post(`${ELMER}/set?note=old`, {})
  route(b)
  expect(seen(await browser.go(`${ELMER}/`)).note).toBe('old')
  route(a)
  await browser.post(`${HUB}/out`, {})
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/private`)
  route(b)
  await browser.go(form)
  route(a)
  expect(seen(await browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: null })
})

test('values that a visitor set meanwhile are his after the sign-in, not those from before', async () => {
  const { a, b, browser, route } = nearCaches(hubOf)
  await browser.post(`${ELMER}/set?note=old`, {})
  route(b)
  expect(seen(await browser.go(`${ELMER}/`)).note).toBe('old')
  route(a)
  await browser.post(`${ELMER}/set?note=new`, {})
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/private`)
  route(b)
  await browser.go(form)
  route(a)
  expect(seen(await browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: 'new' })
})
