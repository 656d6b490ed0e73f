/** One browser for a file of tests, and an application per world; each test gets contexts that nobody has used yet. */
import type { BrowserContext } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import type { Application, ApplicationOptions } from './application.ts'
import { startApplication } from './application.ts'
import type { CookieRule, Engine, Running } from './engines.ts'
import { Tab } from './tab.ts'
import type { World } from './world.ts'

interface Setting extends ApplicationOptions {
  readonly worlds: readonly World[]
  readonly rule?: CookieRule
}

export type HostName = Exclude<keyof World, 'scheme'>

export class Stage {
  readonly engine: Engine
  readonly world: World
  readonly app: Application
  readonly #running: Running
  #contexts: BrowserContext[] = []

  constructor(engine: Engine, world: World, app: Application, running: Running) {
    this.engine = engine
    this.world = world
    this.app = app
    this.#running = running
  }

  /** A tab in a new context: another visitor, or another browser of the same one. */
  async visitor(): Promise<Tab> {
    const context = await this.#running.browser.createBrowserContext()
    this.#contexts.push(context)
    return Tab.in(context)
  }

  /** A tab of somebody who is signed in at the hub. */
  async signedIn(account = 'ada'): Promise<Tab> {
    const tab = await this.visitor()
    await this.signIn(tab, account)
    return tab
  }

  /** Signs in at the hub, by its form. */
  async signIn(tab: Tab, account: string): Promise<void> {
    await tab.go(this.url('hub', '/login'))
    await tab.submit('#sign-in', { '#account': account })
  }

  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close().catch(() => null)))
  }

  url(host: HostName, path = '/'): string {
    return this.app.url(this.world[host], path)
  }

  place(host: HostName, path: string, body: string): string {
    return this.app.place(this.world[host], path, body)
  }

  /** What the application answers, from now on: `GET elmer/page 303`. */
  watch(): () => string[] {
    const from = this.app.log.length
    return () => this.app.log.lines(from)
  }

  /** Without the one that counts how often a host asked lately, which lasts ten seconds. */
  async lastingCookies(tab: Tab, host: HostName): Promise<string[]> {
    return (await this.cookieNames(tab, host)).filter((name) => name !== '__Host-nb')
  }

  /** Names of the cookies that the browser holds for a host, those of its domain among them. */
  async cookieNames(tab: Tab, host: HostName): Promise<string[]> {
    const name = this.world[host]
    const cookies = await tab.page.browserContext().cookies()
    return cookies
      .filter(({ domain }) => domain === name || (domain.startsWith('.') && `.${name}`.endsWith(domain)))
      .map((cookie) => cookie.name)
      .sort()
  }
}

/** On a machine that is busy otherwise. */
const SLOW_MS = 60_000

/** Runs tests in a browser, in each world; they are skipped where it is not installed. */
export function inBrowser(
  engine: Engine,
  title: string,
  { worlds, rule, script = false }: Setting,
  tests: (stage: () => Stage, world: World) => void,
): void {
  describe(`${engine.name}: ${title}`, { timeout: SLOW_MS }, () => {
    let running: Running | undefined
    const stages = new Map<World, Stage>()
    beforeAll(async () => {
      if (engine.missing !== null) return
      running = await engine.launch(rule)
      for (const world of worlds) stages.set(world, new Stage(engine, world, await startApplication(world, { script }), running))
    }, SLOW_MS)
    afterAll(async () => {
      await running?.close()
      for (const { app } of stages.values()) await app.close()
    }, SLOW_MS)
    beforeEach((ctx) => ctx.skip(engine.missing !== null, engine.missing ?? ''))
    afterEach(async () => {
      for (const stage of stages.values()) await stage.leave()
    })
    for (const world of worlds) describe(`over ${world.scheme}`, () => tests(() => stages.get(world)!, world))
  })
}
