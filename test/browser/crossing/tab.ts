import type { BrowserContext, Page } from 'puppeteer-core'
import { Visiting } from './visiting.ts'

/** A tab of Chromium or Firefox. */
export class Tab extends Visiting {
  readonly page: Page

  constructor(page: Page) {
    super()
    this.page = page
  }

  static async in(context: BrowserContext): Promise<Tab> {
    return new Tab(await context.newPage())
  }

  /** Another tab of the same browser. */
  another(): Promise<Tab> {
    return Tab.in(this.page.browserContext())
  }

  protected navigate(url: string): Promise<unknown> {
    return this.page.goto(url, { waitUntil: 'domcontentloaded' })
  }

  protected evaluate(expression: string): Promise<unknown> {
    return this.page.evaluate(expression)
  }
}
