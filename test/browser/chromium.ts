import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

export const EXECUTABLE: string = process.env['LANDBRIDGE_CHROMIUM'] || '/usr/bin/chromium'

export const ARGS: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why no browser can be started here; `null` where one can. */
export const missingChromium: string | null = existsSync(EXECUTABLE) ? null : `there is no browser at ${EXECUTABLE}`

export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: [...ARGS, ...more] })
}

/** What a page threw, and what its Content-Security-Policy blocked. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return complaints
}
