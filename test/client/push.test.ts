import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Visitor } from './site.ts'
import { SHOP_A, SHOP_B, visiting } from './site.ts'

const visit = visiting()

const body = async (page: Page): Promise<unknown> => JSON.parse(await page.innerText('body'))

/** A page of one shop with a cart, and a link or a form to the other. */
async function shopping(visitor: Visitor, markup: string, csp = "default-src 'none'; script-src 'self'; connect-src 'self'") {
  const page = await visitor.tab(SHOP_A, { body: markup, csp })
  await page.evaluate(() => fetch('/cart?sku=teapot', { method: 'POST' }))
  return page
}

test('a marked link carries an anonymous cart to a shop of another domain', async () => {
  const visitor = await visit()
  const url = visitor.site.url(SHOP_B, '/cart?from=a')
  const page = await shopping(visitor, `<a href="${url}" data-landbridge-push><b>On</b></a>`)
  await Promise.all([page.waitForURL(url), page.click('b')])
  expect(await body(page)).toEqual({ cart: ['teapot'], query: 'from=a' })
  expect(visitor.site.count(`POST ${SHOP_B}/.session/in`)).toBe(1)
})

test('a marked form does so with its fields, those of its button included', async () => {
  const visitor = await visit()
  const action = visitor.site.url(SHOP_B, '/cart')
  const fields = '<input name="q" value="a b"><button name="by" value="button">Search</button>'
  const page = await shopping(visitor, `<form action="${action}" data-landbridge-push>${fields}</form>`)
  await Promise.all([page.waitForURL(`${action}?q=a+b&by=button`), page.click('button')])
  expect(await body(page)).toEqual({ cart: ['teapot'], query: 'q=a+b&by=button' })
})

test('push goes to a page by itself, and takes the session along', async () => {
  const visitor = await visit()
  const page = await shopping(visitor, '')
  const url = visitor.site.url(SHOP_B, '/cart')
  await Promise.all([page.waitForURL(url), page.evaluate((to) => landbridge.push(to), url)])
  expect(await body(page)).toMatchObject({ cart: ['teapot'] })
})

test('with no session to carry, a stranger as the target, or a host that breaks, it is a plain navigation', async () => {
  const visitor = await visit()
  for (const [host, breaks] of [
    [SHOP_B, false],
    ['acme.localhost', false],
    [SHOP_B, true],
  ] as const) {
    const page = await visitor.tab(SHOP_A)
    if (breaks) visitor.site.intercept = (request) => request.url === '/.session/push' && request.socket.destroy() !== undefined
    const url = visitor.site.url(host, '/who?x#part')
    await Promise.all([page.waitForURL(url), page.evaluate((to) => landbridge.push(to), url)])
    expect(await body(page)).toMatchObject({ id: null })
  }
  expect(visitor.site.count(`POST ${SHOP_B}/.session/in`)).toBe(0)
})

test('links that are not marked, open another tab or were handled already are left alone', async () => {
  const visitor = await visit()
  const url = visitor.site.url(SHOP_B, '/cart')
  const links = `<a id="plain" href="${url}">1</a> <a id="tab" href="${url}" target="_blank" data-landbridge-push>2</a>
    <a id="handled" href="${url}" data-landbridge-push>3</a> <a id="keyed" href="${url}" data-landbridge-push>4</a>`
  const page = await shopping(visitor, links)
  await page.evaluate(() => {
    document.querySelector('#handled')!.addEventListener('click', (event) => event.preventDefault())
  })
  await page.click('#handled')
  await Promise.all([visitor.context.waitForEvent('page'), page.click('#tab')])
  await Promise.all([visitor.context.waitForEvent('page'), page.click('#keyed', { modifiers: ['Control'] })])
  await Promise.all([page.waitForURL(url), page.click('#plain')])
  expect(visitor.site.log.filter((line) => line.endsWith('/.session/push'))).toEqual([])
})

test('push refuses what is no page of a host', async () => {
  const visitor = await visit()
  const page = await visitor.tab(SHOP_A)
  const thrown = await page.evaluate(() => landbridge.push('data:text/html,x').catch((error: unknown) => (error as Error).name))
  expect(thrown).toBe('TypeError')
})

test('under no-referrer the sister refuses, as the documentation warns', async () => {
  const visitor = await visit()
  const page = await shopping(visitor, '<meta name="referrer" content="no-referrer">')
  const url = visitor.site.url(SHOP_B, '/cart')
  await Promise.all([page.waitForURL(/\.session\/in$/), page.evaluate((to) => landbridge.push(to), url)])
  expect(await page.innerText('body')).toContain('wrong-origin')
})
