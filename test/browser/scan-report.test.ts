/** The HTML report of a scan in a real browser: whether it can be read by everybody, and does nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { reportAsHtml } from '../../packages/landbridge/src/cli/scan/html.ts'
import type { ScanReport } from '../../packages/landbridge/src/cli/scan/report.ts'
import { CHECKS, CLEAN, hostile, REPORT } from '../support/scan-reports.ts'
import { complaintsOf, launchChromium, missingChromium } from './chromium.ts'

let browser: Browser
beforeAll(async () => {
  if (missingChromium === null) browser = await launchChromium()
})
afterAll(() => browser?.close())
beforeEach((ctx) => ctx.skip(missingChromium !== null, missingChromium ?? ''))

async function open(
  report: ScanReport,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-report-'))
  const file = join(folder, 'report.html')
  writeFileSync(file, reportAsHtml(report, CHECKS))
  const context = await browser.newContext(options)
  onTestFinished(async () => {
    await context.close()
    rmSync(folder, { recursive: true })
  })
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(pathToFileURL(file).href)
  return { page, requests, complaints }
}

test.for(['light', 'dark'] as const)('In the %s, axe finds nothing wrong, wide or narrow', async (colorScheme) => {
  for (const [report, width] of [
    [REPORT, 1200],
    [REPORT, 380],
    [CLEAN, 1200],
    [hostile('something long '.repeat(40)), 380],
  ] as const) {
    const { page, complaints } = await open(report, { colorScheme, viewport: { width, height: 900 } })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    expect(complaints).toEqual([])
  }
})

test('Its style applies under its own policy, and it asks for nothing', async () => {
  const { page, requests } = await open(REPORT, { colorScheme: 'light' })
  const backgrounds = await page.evaluate(() =>
    ['red', 'green', 'grey'].map((colour) => getComputedStyle(document.querySelector(`td.mark.${colour}`)!).backgroundColor),
  )
  expect(new Set(backgrounds)).toEqual(new Set(['rgb(253, 234, 234)', 'rgb(226, 244, 232)', 'rgb(236, 238, 240)']))
  expect(requests).toHaveLength(1)
})

test('The page is no wider than its window, and wide tables can be scrolled by keyboard', async () => {
  for (const report of [REPORT, hostile('x'.repeat(900))]) {
    const { page } = await open(report, { viewport: { width: 380, height: 900 } })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(380)
  }
  const { page } = await open(REPORT, { viewport: { width: 380, height: 900 } })
  await page.getByRole('region', { name: 'Which host accepts the cookie of which other host' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(() => document.activeElement!.scrollLeft > 0)
})

test('What a server sent runs nothing, loads nothing and shows as it was sent', async () => {
  const attack =
    '"><img src="http://127.0.0.1:9/x" onerror="document.title=1"><script>document.title=2</script><style>*{display:none}</style>'
  const { page, requests, complaints } = await open(hostile(attack))
  expect(await page.title()).toBe('Sessions across hosts: 1 fault at 1 host')
  expect(await page.locator('img, script, main style').count()).toBe(0)
  expect(await page.getByRole('cell', { name: `Domain=${attack}` }).isVisible()).toBe(true)
  expect([requests.length, complaints]).toEqual([1, []])
})

test('On paper it is dark on white, whatever the screen', async () => {
  const { page } = await open(REPORT, { colorScheme: 'dark' })
  await page.emulateMedia({ media: 'print' })
  const { background, colour } = await page.evaluate(() => {
    const { backgroundColor, color } = getComputedStyle(document.body)
    return { background: backgroundColor, colour: color }
  })
  expect([background, colour]).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)'])
  expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-')
})
