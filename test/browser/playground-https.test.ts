/** The playground over TLS, as `npm start -- --https` runs it, with the certificate that it makes for itself. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUGS, DAFFY, ELMER, HUB, PORKY, SHOP_A, SHOP_B, visitPlayground } from './visit.ts'

const begin = visitPlayground({ https: true })

test('A browser that takes the certificate signs in at the hub, and the tenant is signed in', async () => {
  const visit = await begin()
  await visit.signInAtHub('elmer')
  await visit.open(ELMER)
  expect(visit.page.url()).toBe(`https://${ELMER}:${visit.server.port}/`)
  expect(await visit.who()).toBe('elmer')
  expect(await visit.page.getByTestId('redirects').innerText()).toBe('2')
  expect(visit.complaints).toEqual([])
})

test('The cart goes to the sister shop over TLS, and the experiment shows cookies over TLS', async () => {
  const visit = await begin()
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.press('Take it to shop-b')
  await visit.page.waitForURL((url) => url.hostname === SHOP_B && url.pathname === '/')
  expect(await visit.page.getByTestId('cart').innerText()).toContain('1 × Tea')
  await visit.signIn('ada', DAFFY)
  expect(await visit.showCookieTo(PORKY)).toContain('(wrong-host)')
  expect(visit.complaints).toEqual([])
})

test('The first page says what to trust, and all links lead to https', async () => {
  const visit = await begin()
  await visit.open('localhost')
  expect(await visit.page.getByTestId('trust').innerText()).toContain(join(visit.server.folder, 'tls', 'ca.pem'))
  const links = await visit.page.locator('a[href^="http"]').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter((link) => !link.startsWith('https://'))).toEqual([])
})

test('The certificate names every host, its authority signed it and may vouch for localhost only, and the key of the authority is gone', async () => {
  const visit = await begin()
  const folder = join(visit.server.folder, 'tls')
  const [server, ca] = ['server.pem', 'ca.pem'].map((name) => new X509Certificate(readFileSync(join(folder, name))))
  expect(server!.verify(ca!.publicKey)).toBe(true)
  expect(ca!.ca).toBe(true)
  for (const host of ['localhost', HUB, ELMER, BUGS, SHOP_A, SHOP_B, DAFFY]) expect(server!.checkHost(host)).toBeDefined()
  // The extension of name constraints, OID 2.5.29.30, with the one name in it.
  expect(ca!.raw.includes(Buffer.from([0x55, 0x1d, 0x1e]))).toBe(true)
  expect(existsSync(join(folder, 'ca.key'))).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'server.key', 'server.pem'])
})
