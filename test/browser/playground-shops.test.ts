/** The two shops of the playground in a real Chromium: unrelated domains, one session, one cart. */
import { expect, test } from 'vitest'
import { SHOP_A, SHOP_B, visitPlayground } from './visit.ts'

const begin = visitPlayground()

const arrived = (host: string) => (url: URL) => url.hostname === host && url.pathname === '/'

test('The cart of somebody who is not signed in goes along to the sister shop, and both change the same one', async () => {
  const visit = await begin()
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.press('Take it to shop-b')
  await visit.page.waitForURL(arrived(SHOP_B))
  expect(visit.page.url()).toBe(visit.server.url(SHOP_B))
  expect(await visit.page.getByTestId('cart').innerText()).toContain('1 × Tea')
  expect(await visit.page.getByTestId('outcome').innerText()).toBe('attached')
  const drawn = (await visit.drawn()).join(' ')
  expect(drawn).toContain(`Browser to ${SHOP_A}: POST /.session/push`)
  expect(drawn).toContain(`Browser to ${SHOP_B}: POST /.session/in`)
  await visit.buy('Coffee')
  await visit.open(SHOP_A)
  expect(await visit.page.getByTestId('cart').innerText()).toContain('1 × Coffee')
  expect(await visit.page.getByTestId('tree').innerText()).toContain(SHOP_B)
  expect(visit.complaints).toEqual([])
})

test('A plain link carries nothing; the sister fetches the session when its visitor asks for that', async () => {
  const visit = await begin()
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.page.getByRole('link', { name: 'Only go there' }).click()
  await visit.page.waitForURL(arrived(SHOP_B))
  expect(await visit.page.getByTestId('cart').count()).toBe(0)
  await visit.page.getByRole('link', { name: 'Fetch from shop-a' }).click()
  await visit.page.getByTestId('cart').waitFor()
  expect(await visit.page.getByTestId('cart').innerText()).toContain('1 × Tea')
  expect(await visit.page.getByTestId('redirects').innerText()).toBe('3')
  expect(visit.complaints).toEqual([])
})

test('A cart that is there stays there, and the drawing says why', async () => {
  const visit = await begin()
  await visit.open(SHOP_B)
  await visit.buy('Jam')
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.press('Take it to shop-b')
  await visit.page.waitForURL(arrived(SHOP_B))
  const cart = await visit.page.getByTestId('cart').innerText()
  expect(cart).toContain('1 × Jam')
  expect(cart).not.toContain('Tea')
  expect(await visit.page.getByTestId('outcome').innerText()).toBe('refused: session-kept')
})

test('Without script the cart goes along by the button of the page between', async () => {
  const visit = await begin({ script: false })
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.press('Take it to shop-b')
  await visit.press(`Go to ${SHOP_B}`)
  await visit.page.waitForURL(arrived(SHOP_B))
  expect(await visit.page.getByTestId('cart').innerText()).toContain('1 × Tea')
})

test('Who signs in at one shop is signed in at the other after the way there', async () => {
  const visit = await begin()
  await visit.signIn('ada', SHOP_A)
  await visit.press('Take it to shop-b')
  await visit.page.waitForURL(arrived(SHOP_B))
  expect(await visit.who()).toBe('ada')
  await visit.press('Sign out everywhere')
  await visit.sees('Signed out: the session ended')
  await visit.open(SHOP_A)
  expect(await visit.who()).toBe('Nobody')
})
