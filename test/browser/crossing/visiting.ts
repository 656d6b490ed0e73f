/** What a visitor does in a tab, in whichever browser: each act waits until a page stands still. */

import { setTimeout as pause } from 'node:timers/promises'

const SETTLE_MS = 15_000
const STEP_MS = 20

/** A page stands still when it is loaded and is not the form that carries a ticket on by itself. */
const SETTLED = `document.readyState === 'complete' && location.href !== 'about:blank' && !document.title.startsWith('On to ')`

export abstract class Visiting {
  /** Makes the tab go to a URL; whether it arrives there is another matter. */
  protected abstract navigate(url: string): Promise<unknown>
  protected abstract evaluate(expression: string): Promise<unknown>

  /** Goes where the address bar says. */
  async go(url: string): Promise<void> {
    // A page that leaves before it is loaded makes the driver lose the one that it waits for: where the tab ends up counts.
    await this.navigate(url).catch(() => null)
    await this.settle()
  }

  /** Runs an expression in the page, and waits for its promise. */
  async run<Result>(expression: string): Promise<Result> {
    return (await this.evaluate(expression)) as Result
  }

  text(selector: string): Promise<string | null> {
    return this.run(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? null`)
  }

  who(): Promise<string | null> {
    return this.text('#who')
  }

  url(): Promise<string> {
    return this.run('location.href')
  }

  /** Clicks what leads to another page, and waits for that. */
  async click(selector: string): Promise<void> {
    await this.run(`(window.before = true, setTimeout(() => document.querySelector(${JSON.stringify(selector)}).click()), 0)`)
    await this.settle('!window.before')
  }

  /** Fills fields in, and presses the button of their form. */
  async submit(button: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const [selector, value] of Object.entries(fields)) {
      await this.run(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`)
    }
    await this.click(button)
  }

  async back(): Promise<void> {
    const url = await this.url()
    await this.run('(setTimeout(() => history.back()), 0)')
    await this.settle(`location.href !== ${JSON.stringify(url)}`)
  }

  async reload(): Promise<void> {
    await this.run('(window.before = true, setTimeout(() => location.reload()), 0)')
    await this.settle('!window.before')
  }

  /** Waits until an expression holds in the page. */
  async until(expression: string, what = expression): Promise<void> {
    const end = performance.now() + SETTLE_MS
    while (performance.now() < end) {
      // While one page takes the place of another, there is none to ask.
      const holds = await this.evaluate(expression).catch(() => false)
      if (holds === true) return
      await pause(STEP_MS)
    }
    throw new Error(
      `Waited in vain for ${what} at ${String(await this.evaluate('location.href').catch(() => 'a page that does not answer'))}.`,
    )
  }

  /** Waits until the page stands still, and does so a moment later. */
  async settle(also = 'true'): Promise<void> {
    await this.until(`${SETTLED} && ${also}`, 'a page that stands still')
  }
}
