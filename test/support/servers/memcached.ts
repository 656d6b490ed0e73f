/** Memcached, which forgets everything when it ends. */
import process from 'node:process'
import { ask } from './network.ts'
import type { Server } from './process.ts'
import { serverOf, startServer, whyMissing } from './process.ts'

const MEMCACHED = process.env['LANDBRIDGE_MEMCACHED'] || '/usr/bin/memcached'

/** Why the server cannot be had here; `null` where it can. */
export const missingMemcached: string | null = whyMissing('Memcached', MEMCACHED, 'memcached', 'LANDBRIDGE_MEMCACHED_URL')

export interface MemcachedOptions {
  /** How much it holds before it forgets the oldest. */
  readonly megabytes?: number
}

export async function startMemcached({ megabytes = 64 }: MemcachedOptions = {}): Promise<Server> {
  const own = (): Promise<Server> =>
    startServer('nobody', ({ port }) => ({
      command: MEMCACHED,
      args: ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', String(megabytes), '-t', '2'],
      url: `memcache://127.0.0.1:${port}`,
      answers: async () => {
        const reply = await ask(port, 'version')
        if (!reply.startsWith('VERSION')) throw new Error(reply)
      },
      stopSignal: 'SIGKILL', // it has nothing to save, and would take a second for it
    }))
  return serverOf('LANDBRIDGE_MEMCACHED_URL') ?? (await own())
}
