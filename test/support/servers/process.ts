/** What every server of the tests shares: a port and a folder of its own, a process that ends with ours, and the faults of a process. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { quietPort } from './network.ts'
import type { Owner } from './unix.ts'
import { family, isAlive, ownerFor, processesIn, signal, standsStill, tied } from './unix.ts'

/** What a test may do to a server. */
export interface Faults {
  /** Ends the process as its operator would, and removes its data. */
  stop(): Promise<void>
  /** The process is gone at once, as by a loss of power. */
  kill(): Promise<void>
  /** The process stands still with its connections open. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** On the same port with the same data, whether it runs or was killed. */
  restart(): Promise<void>
}

export interface Server extends Faults {
  readonly url: string
  readonly port: number
  /** `false`: it was running before and is shared, so that only `stop` does not throw; skip what needs a fault. */
  readonly own: boolean
}

/** How to run one. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly url: string
  /** Rejects for as long as the server does not serve. */
  answers(): Promise<unknown>
  /** Before the first start: makes what it needs in its folder. */
  prepare?(): Promise<unknown>
  /** What ends it politely without waiting for its clients; SIGTERM unless said. */
  readonly stopSignal?: NodeJS.Signals
}

interface Place {
  readonly port: number
  readonly folder: string
}

const START_MS = 20_000
const STOP_MS = 10_000
const ASK_AGAIN_MS = 250
const POLL_MS = 5
const PREFIX = 'landbridge-server-'

const running = new Set<Running>()
process.once('exit', () => {
  for (const each of running) each.abandon()
})

/** Starts a server as `user` (when we are root) on a port that was free; should another process have taken the port meanwhile, on another. */
export async function startServer(user: string, launch: (place: Place) => Launch): Promise<Server> {
  removeLeftovers()
  for (let attempt = 1; ; attempt++) {
    const server = new Running(user, { port: await quietPort(), folder: freshFolder(user) }, launch)
    try {
      await server.start(true)
      return server
    } catch (error) {
      await server.stop()
      if (attempt === 3) throw error
    }
  }
}

/** The server that an environment variable names, in place of one of our own. */
export function serverOf(variable: string): Server | null {
  const url = process.env[variable]
  if (!url) return null
  const refuse = (what: string) => (): Promise<never> =>
    Promise.reject(new Error(`The server of ${variable} is shared: a test cannot ${what} it. Skip the test when \`own\` is false.`))
  return {
    url,
    port: Number(new URL(url).port),
    own: false,
    stop: () => Promise.resolve(),
    kill: refuse('kill'),
    pause: refuse('pause'),
    resume: refuse('resume'),
    restart: refuse('restart'),
  }
}

/** Why a server cannot be had; `null` where it can. */
export function whyMissing(name: string, executable: string, debian: string, variable?: string): string | null {
  if (existsSync(executable) || (variable !== undefined && process.env[variable])) return null
  return `${name} is not installed: apt-get install -y --no-install-recommends ${debian}`
}

/** Several servers as one. */
export function together(servers: readonly Server[]): Faults {
  const each = (what: keyof Faults) => async (): Promise<void> => {
    await Promise.all(servers.map((server) => server[what]()))
  }
  return { stop: each('stop'), kill: each('kill'), pause: each('pause'), resume: each('resume'), restart: each('restart') }
}

class Running implements Server {
  readonly port: number
  readonly url: string
  readonly own = true
  readonly #folder: string
  readonly #launch: Launch
  readonly #owner: Owner | null
  #child: ChildProcess | null = null

  constructor(user: string, place: Place, launch: (place: Place) => Launch) {
    this.port = place.port
    this.#folder = place.folder
    this.#owner = ownerFor(user)
    this.#launch = launch(place)
    this.url = this.#launch.url
  }

  async start(first: boolean): Promise<void> {
    running.add(this)
    if (first) await this.#launch.prepare?.()
    const deadline = Date.now() + START_MS
    let child = this.#spawn()
    for (;;) {
      const reason: unknown = await this.#launch.answers().then(() => null, asError)
      if (reason === null && !hasEnded(child)) return
      if (Date.now() > deadline || (first && hasEnded(child))) {
        throw new Error(`${this.#launch.command} does not serve:\n${this.#log()}`, { cause: reason })
      }
      await pause(POLL_MS)
      // Of a first start its log says why it ended.
      if (hasEnded(child) && !first) child = this.#spawn() // something of the process before is not gone yet: its port, its memory
    }
  }

  async stop(): Promise<void> {
    await this.#end()
    this.#forget()
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || hasEnded(child)) return
    const exited = ending(child)
    signal(family(child.pid!), 'SIGKILL')
    await exited
  }

  async pause(): Promise<void> {
    signal(family(this.#pid()), 'SIGSTOP')
    signal(family(this.#pid()).slice(1), 'SIGSTOP') // who was born meanwhile
    while (!family(this.#pid()).every(standsStill)) await pause(POLL_MS)
  }

  async resume(): Promise<void> {
    signal(family(this.#pid()).reverse(), 'SIGCONT')
    await Promise.resolve()
  }

  async restart(): Promise<void> {
    await this.#end()
    await this.start(false)
  }

  /** At the end of our process, where nothing can be awaited. */
  abandon(): void {
    if (this.#child !== null && !hasEnded(this.#child)) signal(family(this.#child.pid!), 'SIGKILL')
    this.#forget()
  }

  async #end(): Promise<void> {
    const child = this.#child
    if (child === null || hasEnded(child)) return
    const exited = ending(child)
    await this.resume()
    const ask = (): boolean => child.kill(this.#launch.stopSignal ?? 'SIGTERM')
    ask()
    const again = setInterval(ask, ASK_AGAIN_MS) // Redis refuses while it writes its first file
    const late = setTimeout(() => signal(family(child.pid!), 'SIGKILL'), STOP_MS)
    await exited
    clearInterval(again)
    clearTimeout(late)
  }

  #spawn(): ChildProcess {
    const log = openSync(join(this.#folder, 'server.log'), 'a')
    const [command, args] = tied(this.#launch.command, this.#launch.args)
    const child = spawn(command, args, { cwd: this.#folder, stdio: ['ignore', log, log], ...this.#owner })
    closeSync(log)
    child.on('error', () => undefined) // it shows as a child that ended
    child.unref()
    this.#child = child
    return child
  }

  #pid(): number {
    if (this.#child === null || hasEnded(this.#child)) throw new Error(`${this.#launch.command} does not run: restart it first.`)
    return this.#child.pid!
  }

  #log(): string {
    const file = join(this.#folder, 'server.log')
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : ''
  }

  #forget(): void {
    running.delete(this)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Runs a command as the user that the server will run as, to its end. */
export async function runAs(user: string, command: string, args: readonly string[], input = ''): Promise<void> {
  const child = spawn(...tied(command, args), { stdio: ['pipe', 'pipe', 'pipe'], cwd: tmpdir(), ...ownerFor(user) })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  child.stdin.on('error', () => undefined) // who ends early says why in its output
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output.slice(-2000)}`)
}

function freshFolder(user: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const owner = ownerFor(user)
  chmodSync(folder, 0o700)
  if (owner !== null) chownSync(folder, owner.uid, owner.gid)
  return folder
}

/** The folders of processes that were killed before they could remove them. */
export function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0])
    if (isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    signal(processesIn(folder), 'SIGKILL') // who stood still, as a child of a paused server, did not notice its end
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ending(child: ChildProcess): Promise<void> {
  child.ref() // or our process could end while it waits
  await once(child, 'exit')
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
