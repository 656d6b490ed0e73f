import type { ChildProcess } from 'node:child_process'
import { ask, spawn, start, stop, usage, verify, type Server } from './child.ts'
import type { Flags } from './flags.ts'
import type { Load, Outcome } from './load.ts'

export interface Sample {
  /** Requests per second. */
  rate: number
  /** CPU time of the server per request, in microseconds. */
  cpu: number
  /** CPU time of the server over the time that passed. */
  busy: number
  /** The same of the load generator. */
  loadBusy: number
}

export type Samples = Map<string, Sample[]>

/** All servers stay up, and each round visits every one of them: a slow minute hits all alike. */
export async function measure(names: string[], flags: Flags): Promise<Samples> {
  const generator = startLoad()
  const servers: Server[] = []
  try {
    for (const name of names) servers.push(await start(name))
    for (const server of servers) await round(server, generator, { ...flags, seconds: flags.warmup })
    return await rounds(servers, generator, flags)
  } finally {
    await Promise.all([generator, ...servers.map((server) => server.child)].map((child) => stop(child)))
  }
}

async function rounds(servers: Server[], generator: ChildProcess, flags: Flags): Promise<Samples> {
  const samples: Samples = new Map(servers.map((server) => [server.name, []]))
  for (let number = 1; number <= flags.rounds; number++) {
    console.error(`round ${number} of ${flags.rounds}`)
    for (const server of servers) samples.get(server.name)?.push(await round(server, generator, flags))
  }
  for (const server of servers) await verify(server)
  return samples
}

export function startLoad(): ChildProcess {
  return spawn(new URL('load.ts', import.meta.url))
}

type Pressure = Pick<Flags, 'seconds' | 'connections' | 'pipelining'>

export async function round(server: Server, generator: ChildProcess, pressure: Pressure): Promise<Sample> {
  const { seconds, connections, pipelining } = pressure
  const load: Load = { port: server.port, cookie: server.cookie, seconds, connections, pipelining }
  const before = await usage(server)
  const outcome = await ask<Outcome>(generator, load)
  const spent = (await usage(server)) - before
  if (outcome.failures > 0) throw new Error(`${server.name}: ${outcome.failures} requests failed`)
  return {
    rate: outcome.requests / outcome.seconds,
    cpu: spent / outcome.requests,
    busy: spent / outcome.seconds / 1e6,
    loadBusy: outcome.cpu / outcome.seconds / 1e6,
  }
}
