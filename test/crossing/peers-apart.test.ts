/** A host that stands apart below a domain which is a peer itself. */
import { expect, test } from 'vitest'
import { peersOf, seen, signIn, whoAt } from '../support/crossing.ts'

const WWW = 'https://www.shop.example'
const APART = 'https://apart.shop.example'

test('it asks the domain, and the domain asks it', async () => {
  const topology = { hosts: ['.shop.example', 'apart.shop.example'] }
  const first = peersOf({ topology })
  await signIn(first.browser, WWW)
  expect((await first.browser.go(`${APART}/private`)).url).toBe(`${APART}/private`)
  expect(await whoAt(first.browser, `${APART}/`)).toBe('ada')
  const second = peersOf({ topology })
  await signIn(second.browser, APART)
  const visit = await second.browser.go(`${WWW}/private`)
  expect(seen(visit).id).toBe('ada')
})

test('scripts are made for other scopes only', async () => {
  const { browser, watched } = peersOf({ topology: { hosts: ['.shop.example', 'apart.shop.example', 'other.example'], script: true } })
  await signIn(browser, WWW)
  watched.calls.length = 0
  const urls = JSON.parse((await browser.go(`${WWW}/scripts`)).text) as string[]
  expect(urls.map((url) => new URL(url).host)).toEqual(['apart.shop.example', 'other.example'])
  expect(watched.calls).toEqual(['read', 'read', 'put', 'put'])
})
