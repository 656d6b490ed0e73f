/** The browsers of the machine, each with a profile of its own that lives as long as the browser, or in a folder that stays. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Browser } from 'puppeteer-core'
import puppeteer from 'puppeteer-core'

/** What a browser does with cookies; `default` is what it does when nobody chose. */
export type CookieRule = 'default' | 'third-party-allowed' | 'third-party-blocked' | 'strict' | 'all-blocked' | 'shop-b-blocked'

export interface Engine {
  readonly name: 'Chromium' | 'Firefox'
  /** Why it cannot be started here; `null` where it can. */
  readonly missing: string | null
  /** `profile`: an empty folder, or one that this browser was started and closed with before. */
  launch(rule?: CookieRule, profile?: string): Promise<Running>
}

export interface Running {
  readonly browser: Browser
  close(): Promise<void>
}

/** Names that are made up reach this machine, whatever its resolver says. */
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * 127.0.0.1',
]

const START_MS = 20_000

class Chromium implements Engine {
  readonly name = 'Chromium'
  readonly #path = process.env['LANDBRIDGE_CHROMIUM'] || '/usr/bin/chromium'
  readonly missing = missingAt(this.#path)

  async launch(rule: CookieRule = 'default', kept?: string): Promise<Running> {
    const profile = kept ?? newProfile()
    mkdirSync(join(profile, 'Default'), { recursive: true })
    const preferences = join(profile, 'Default', 'Preferences')
    if (!existsSync(preferences)) writeFileSync(preferences, JSON.stringify(chromiumPreferences(rule)))
    const browser = await puppeteer.launch({
      executablePath: this.#path,
      userDataDir: profile,
      args: CHROMIUM_ARGS,
      acceptInsecureCerts: true,
    })
    const close = async (): Promise<void> => {
      await browser.close()
      if (kept === undefined) drop(profile)
    }
    return { browser, close }
  }
}

/** Debian's Chromium blocks cookies of other sites when nobody chose, Chrome does not. */
function chromiumPreferences(rule: CookieRule): object {
  if (rule === 'shop-b-blocked') {
    return { profile: { content_settings: { exceptions: { cookies: { '[*.]shop-b.example,*': { setting: 2 } } } } } }
  }
  if (rule === 'all-blocked') return { profile: { default_content_setting_values: { cookies: 2 } } }
  if (rule === 'third-party-allowed') return { profile: { block_third_party_cookies: false, cookie_controls_mode: 0 } }
  if (rule === 'third-party-blocked' || rule === 'strict') return { profile: { block_third_party_cookies: true, cookie_controls_mode: 1 } }
  return {}
}

/** Started by ourselves: drivers write preferences about cookies and tracking into the profiles that they make. */
class Firefox implements Engine {
  readonly name = 'Firefox'
  readonly #path = process.env['LANDBRIDGE_FIREFOX'] || '/usr/bin/firefox-esr'
  readonly missing = missingAt(this.#path)

  async launch(rule: CookieRule = 'default', kept?: string): Promise<Running> {
    if (rule === 'shop-b-blocked') throw new Error('Firefox cannot be told so by its preferences.')
    const profile = kept ?? newProfile()
    const lines = Object.entries({ ...FIREFOX_PREFERENCES, ...FIREFOX_RULES[rule] })
    writeFileSync(
      join(profile, 'user.js'),
      lines.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''),
    )
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank']
    const child = spawn(this.#path, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1' },
    })
    const endpoint = `${await endpointOf(child)}/session`
    const browser = await puppeteer.connect({ browserWSEndpoint: endpoint, protocol: 'webDriverBiDi', acceptInsecureCerts: true })
    const close = async (): Promise<void> => {
      const exited = once(child, 'exit')
      await browser.close().catch(() => child.kill('SIGTERM'))
      const late = setTimeout(() => child.kill('SIGKILL'), 5000)
      if (child.exitCode === null && child.signalCode === null) await exited
      clearTimeout(late)
      if (kept === undefined) drop(profile)
    }
    return { browser, close }
  }
}

/** Nothing about cookies: only what makes it quiet, and what keeps its requests on this machine. */
const FIREFOX_PREFERENCES = {
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'services.settings.server': 'data:,#no-settings',
  'network.dns.forceResolve': '127.0.0.1',
  // The driver's own set switches the back-forward cache and prefetching off.
  'remote.prefs.recommended': false,
  'network.prefetch-next': true,
  // One process for all sites, which start slowly: what a site may do is no question of processes.
  'fission.webContentIsolationStrategy': 0,
  'dom.ipc.processPrelaunch.enabled': false,
  'dom.ipc.processCount': 1,
}

/** Firefox keeps what it was told of single sites in a database, not in its preferences. */
const FIREFOX_RULES: Record<Exclude<CookieRule, 'shop-b-blocked'>, Record<string, boolean | number | string>> = {
  default: {},
  'third-party-allowed': { 'network.cookie.cookieBehavior': 0, 'privacy.trackingprotection.enabled': false },
  'third-party-blocked': { 'network.cookie.cookieBehavior': 1 },
  strict: { 'browser.contentblocking.category': 'strict', 'privacy.trackingprotection.enabled': true },
  'all-blocked': { 'network.cookie.cookieBehavior': 2 },
}

async function endpointOf({ stderr }: ChildProcess): Promise<string> {
  const lines = createInterface({ input: stderr! })
  const said: string[] = []
  const late = setTimeout(() => lines.close(), START_MS)
  for await (const line of lines) {
    const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1]
    if (found) {
      clearTimeout(late)
      stderr!.resume()
      return found
    }
    said.push(line)
  }
  throw new Error(`Firefox named no address for its driver:\n${said.join('\n')}`)
}

const missingAt = (path: string): string | null => (existsSync(path) ? null : `there is no browser at ${path}`)
export const newProfile = (): string => mkdtempSync(join(tmpdir(), 'landbridge-browser-'))
export const drop = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

export const ENGINES: readonly Engine[] = [new Chromium(), new Firefox()]
