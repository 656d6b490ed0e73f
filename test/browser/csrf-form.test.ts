/** A form in a real browser from which a proxy takes everything that says where it is from; and the pages of refusals. */
import http from 'node:http'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeSessions } from '../support/launch.ts'
import { serving } from '../support/serving.ts'
import { complaintsOf, launchChromium, missingChromium } from './chromium.ts'

const PUBLIC = 'shop.example'
const LOCAL = 'elmer.acme.localhost'
interface Look {
  readonly strips?: boolean
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
}

const FORBIDDEN = 'Failed to load resource: the server responded with a status of'

describe.skipIf(missingChromium !== null)('In Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium([`--host-resolver-rules=MAP ${PUBLIC} 127.0.0.1`])
  })
  afterAll(() => browser?.close())

  /** Pages with forms: with the field, without it, and of a kind that takes files. What comes back is the fields. */
  async function begin({ strips = true, colorScheme = 'light', width = 1000 }: Look = {}) {
    const { sessions, events } = makeSessions(memory(), { topology: { kind: 'isolated', hosts: ['*.acme.localhost', PUBLIC] } })
    const listener = nodeSessions(sessions, async (request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      if (request.method === 'GET') {
        const [path, more] = (request.url ?? '').split('?')
        const field = path === '/bare' ? '' : await request.session.csrfField()
        const files = path === '/files' ? '<input type="file" name="file">' : ''
        const form = `method="post" action="${more ?? ''}" enctype="${files ? 'multipart/form-data' : ''}"`
        response.end(`<title>form</title><form ${form}>${field}${files}<input name="note" value="ünï & =+"><button>Send</button></form>`)
        return
      }
      const type = request.headers['content-type']!
      const body = await new Response(request as never, { headers: { 'content-type': type } }).formData()
      const file = body.get('file') as File | null
      response.end(`<pre>${body.get('note') as string} ${file ? `${file.name} ${file.size}` : ''}</pre>`)
    })
    const { port } = await serving(
      http.createServer((request, response) => {
        if (strips) for (const name of ['origin', 'referer', 'sec-fetch-site']) delete request.headers[name]
        listener(request, response)
      }),
    )
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const url = (path: string, host = LOCAL): string => `http://${host}:${port}${path}`
    return { page, url, events, complaints: complaintsOf(page) }
  }

  const send = (page: Page) => page.getByRole('button', { name: 'Send' }).click()

  test('a form with the field is served although nothing says where it is from, and one without it is not', async () => {
    const { page, url, events } = await begin()
    await page.goto(url('/form'))
    await send(page)
    expect(await page.locator('pre').innerText()).toBe('ünï & =+ ')
    await page.goto(url('/bare'))
    await send(page)
    expect(await page.locator('h1').innerText()).toBe('Your browser did not say where this came from')
    expect(events.at(-1)).toMatchObject({ reason: 'origin-missing' })
  })

  test('a form with a file of a megabyte arrives whole', async () => {
    const { page, url } = await begin()
    await page.goto(url('/files'))
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(1_000_000, 7) })
    await send(page)
    expect(await page.locator('pre').innerText()).toBe('ünï & =+ a.bin 1000000')
  })

  test('a form of a page that was loaded before the cookies were removed says to load it again, and then works', async () => {
    const { page, url, events } = await begin()
    await page.goto(url('/form'))
    await page.goto(url('/form'))
    await page.context().clearCookies()
    await page.evaluate(() => fetch('/form'))
    await send(page)
    expect(await page.locator('h1').innerText()).toBe('The page that you sent this from is too old')
    expect(events.at(-1)).toMatchObject({ reason: 'csrf-token-invalid' })
    await page.goBack()
    await page.reload()
    await send(page)
    expect(await page.locator('pre').innerText()).toBe('ünï & =+ ')
  })

  describe.each([
    ['light', 390],
    ['light', 1000],
    ['dark', 390],
    ['dark', 1000],
  ] as const)('on a %s screen of %i pixels', (colorScheme, width) => {
    test('axe objects to no page of a refusal, none is cut off, and their policy blocks nothing of them', async () => {
      const { page, url, complaints } = await begin({ colorScheme, width })
      const refused: [string, string, boolean][] = [
        [url('/', 'nobody.localhost'), 'There is no site at this address', true],
        [url('/bare'), 'Your browser did not say where this came from', true],
        [url('/bare', PUBLIC), 'Your browser did not say where this came from', false],
        [url(`/bare?${url('/', PUBLIC)}`), 'Your browser did not say where this came from', false],
      ]
      for (const [address, title, local] of refused) {
        await page.goto(address)
        if (!address.includes('nobody')) await send(page)
        expect(await page.locator('h1').innerText()).toBe(title)
        expect(await page.getByText('For the developer').count()).toBe(local ? 1 : 0)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`)).toEqual([])
      }
      expect(complaints.filter((each) => !each.startsWith(FORBIDDEN))).toEqual([])
    })
  })

  test('a page of another host is told what to trust, on localhost alone', async () => {
    const { page, url } = await begin({ strips: false })
    await page.goto(url(`/bare?${url('/')}`, 'fudd.acme.localhost'))
    await send(page)
    expect(await page.locator('pre').innerText()).toBe(`trustedOrigins: ['${url('', 'fudd.acme.localhost')}']`)
    await page.goto(url(`/bare?${url('/', PUBLIC)}`))
    await send(page)
    expect(await page.locator('h1').innerText()).toBe('This came from another site')
    expect(await page.locator('pre').count()).toBe(0)
  })
})
