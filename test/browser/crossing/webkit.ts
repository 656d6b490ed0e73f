/** WebKitGTK by plain WebDriver (W3C) over HTTP, on a display of its own. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Visiting } from './visiting.ts'
import { freePort } from '../../support/free-port.ts'

const DRIVER = process.env['LANDBRIDGE_WEBKIT_DRIVER'] || '/usr/bin/WebKitWebDriver'
const DISPLAY_SERVER = process.env['LANDBRIDGE_XVFB'] || '/usr/bin/Xvfb'
const BROWSER = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((abi) => `/usr/lib/${abi}/webkit2gtk-4.1/MiniBrowser`)
  .find((path) => existsSync(path))

/** Why WebKit cannot be started here; `null` where it can. */
export const missingWebKit: string | null =
  BROWSER === undefined || !existsSync(DRIVER) || !existsSync(DISPLAY_SERVER)
    ? 'WebKitGTK is not installed: apt-get install -y --no-install-recommends webkit2gtk-driver xvfb'
    : null

const POLL_MS = 20
const COMMAND_MS = 20_000
/** Between two pages the driver now and then forgets to answer; then it is asked again. */
const EXECUTE_MS = 3000
const EXECUTE_TRIES = 4

/**
 * What an expression gives: at once, or `null` and later in `window.outcome`. Asked a second time, because the driver forgot to answer,
 * it is not run again, and on a page that has taken the place of the first one it is not run at all: that page is the outcome.
 */
const BEGIN = `(origin, act, run) => {
  if (performance.timeOrigin !== origin) return { value: null }
  if (window.act === act) return window.outcome
  window.act = act
  window.outcome = null
  const given = run()
  if (!(given instanceof Promise)) return (window.outcome = { value: given })
  given.then((value) => { window.outcome = { value } }, (error) => { window.outcome = { value: String(error) } })
  return null
}`

export interface WebKit {
  /** A browser that nobody has used yet; the one before is closed, as the driver has only one at a time. */
  visitor(): Promise<WebKitTab>
  leave(): Promise<void>
  close(): Promise<void>
}

export class WebKitTab extends Visiting {
  readonly #session: string
  #acts = 0

  constructor(session: string) {
    super()
    this.#session = session
  }

  protected navigate(url: string): Promise<unknown> {
    return command('POST', `${this.#session}/url`, { url })
  }

  /** What it has to wait for is asked for again and again: the driver forgets what it waits for when a frame of the page navigates. */
  protected async evaluate(expression: string): Promise<unknown> {
    const origin = await this.#execute('return performance.timeOrigin')
    const act = ++this.#acts
    let outcome = await this.#outcome(`return (${BEGIN})(${String(origin)}, ${act}, () => ${expression})`)
    while (outcome === null) {
      await pause(POLL_MS)
      outcome = await this.#outcome('return window.outcome')
    }
    return outcome.value
  }

  #outcome(script: string): Promise<{ value?: unknown } | null> {
    return this.#execute(script) as Promise<{ value?: unknown } | null>
  }

  /** Only scripts that may run twice. */
  async #execute(script: string): Promise<unknown> {
    for (let left = EXECUTE_TRIES; ; left--) {
      try {
        return await command('POST', `${this.#session}/execute/sync`, { script, args: [] }, EXECUTE_MS)
      } catch (error) {
        if (left === 1 || (error as Error).name !== 'TimeoutError') throw error
      }
    }
  }

  async cookieNames(): Promise<string[]> {
    const cookies = (await command('GET', `${this.#session}/cookie`)) as { name: string }[]
    return cookies.map(({ name }) => name).sort()
  }

  close(): Promise<unknown> {
    return command('DELETE', this.#session)
  }
}

/** Starts what every browser needs; `args` go to each one. */
export async function startWebKit(args: readonly string[] = []): Promise<WebKit> {
  const display = spawn(DISPLAY_SERVER, ['-displayfd', '1', '-screen', '0', '800x600x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [number] = (await once(display.stdout, 'data')) as [Buffer]
  const proxy = await startProxy()
  const port = await freePort()
  const driver = spawn(DRIVER, [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, DISPLAY: `:${String(number).trim()}` } })
  const driverUrl = `http://127.0.0.1:${port}/session`
  const options = { binary: BROWSER, args: ['--automation', `--proxy=http://127.0.0.1:${proxy.port}`, ...args] }
  const capabilities = { alwaysMatch: { browserName: 'MiniBrowser', acceptInsecureCerts: true, 'webkitgtk:browserOptions': options } }
  await answering(port)
  // A browser that does not come up in time is not waited for longer: another one is.
  const newSession = (): Promise<unknown> => command('POST', driverUrl, { capabilities })
  let tab: WebKitTab | null = null
  const leave = async (): Promise<void> => {
    await tab?.close().catch(() => null)
    tab = null
  }
  return {
    leave,
    async visitor() {
      await leave()
      const { sessionId } = (await newSession().catch(newSession)) as { sessionId: string }
      tab = new WebKitTab(`${driverUrl}/${sessionId}`)
      return tab
    },
    async close() {
      await end(driver)
      await end(display)
      proxy.close()
    },
  }
}

/** Leads every name to this machine. */
async function startProxy(): Promise<{ port: number; close: () => void }> {
  const server = http.createServer()
  server.on('connect', ({ url = '' }, socket, head: Buffer) => {
    const upstream = connect(Number(url.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    const drop = (): void => {
      socket.destroy()
      upstream.destroy()
    }
    for (const each of [upstream, socket]) each.on('error', drop)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

async function command(method: string, url: string, body?: object, withinMs = COMMAND_MS): Promise<unknown> {
  const reply = await fetch(url, {
    method,
    signal: AbortSignal.timeout(withinMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const { value } = (await reply.json()) as { value: { message?: string } | null }
  if (!reply.ok) throw new Error(`${method} ${url}: ${value?.message}`)
  return value
}

async function answering(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const ready = await fetch(`http://127.0.0.1:${port}/status`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await pause(50)
  }
  throw new Error('WebKitWebDriver does not answer.')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(late)
}
