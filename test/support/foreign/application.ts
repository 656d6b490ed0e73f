/**
 * Applications that know nothing of Landbridge, for what looks at applications from outside. Each shows `Hello stranger` or `Hello <user>`
 * at `/` with something that changes on each load, signs in at `/login` (fields `user` and `password`) and moves money at `/transfer`.
 */
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { askServer } from '../client.ts'
import type { Launch, Server } from '../servers/process.ts'
import { startServer } from '../servers/process.ts'

/**
 * `vulnerable`: one session store for all hosts and a host-only cookie, as it comes out of the box · `safe`: sessions are kept apart by
 * host · `domain-cookie`: one store, and a cookie for the domain of the hosts.
 */
type Variant = 'vulnerable' | 'safe' | 'domain-cookie'

export interface ForeignOptions {
  /** All other hosts are refused. */
  readonly hosts?: readonly string[]
  readonly variant?: Variant
  /** Whether requests from other sites are refused; what the framework does out of the box unless said. */
  readonly csrf?: boolean
}

export interface ForeignApplication {
  readonly port: number
  /** The URL of a path, under the first host unless another one is named. */
  url(path?: string, host?: string): string
  stop(): Promise<void>
}

export const HOST_A = 'a.shop.localhost'
export const HOST_B = 'b.shop.localhost'
/** The domain of both hosts: what the cookie covers in the variant `domain-cookie`. */
export const DOMAIN = 'shop.localhost'
/** Who can sign in, and with what. */
export const ACCOUNTS = { ada: 'lovelace-1815', bob: 'builder-1998' } as const

export interface Settings {
  readonly hosts: readonly string[]
  readonly variant: Variant
  readonly csrf: boolean
  readonly domain: string
  readonly accounts: Readonly<Record<string, string>>
}

export function settingsOf({ hosts = [HOST_A, HOST_B], variant = 'vulnerable', csrf }: ForeignOptions, outOfTheBox: boolean): Settings {
  return { hosts, variant, csrf: csrf ?? outOfTheBox, domain: DOMAIN, accounts: ACCOUNTS }
}

export function asApplication({ port, stop }: Pick<Server, 'port' | 'stop'>, { hosts }: Settings): ForeignApplication {
  return { port, stop, url: (path = '/', host = hosts[0]!) => `http://${host}:${port}${path}` }
}

/** Runs a file of this folder in a process and a folder of its own, where `settings.json` tells it what to be. */
export async function startScript(
  file: string,
  settings: Settings,
  command: (port: number) => Pick<Launch, 'command' | 'args'>,
): Promise<ForeignApplication> {
  const server = await startServer('nobody', ({ port, folder }) => ({
    ...command(port),
    url: `http://127.0.0.1:${port}`,
    prepare: async () => {
      await copyFile(fileURLToPath(new URL(file, import.meta.url)), join(folder, file))
      await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
    },
    answers: async () => {
      const { status } = await askServer(port, '/', { host: settings.hosts[0]! })
      if (status !== 200) throw new Error(`${file} answers ${status}.`)
    },
    stopSignal: 'SIGKILL', // nothing to save
  }))
  return asApplication({ port: server.port, stop: () => server.stop() }, settings)
}
