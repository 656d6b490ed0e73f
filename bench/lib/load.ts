// The load generator, in a process of its own: it must not share the server's event loop.

import autocannon from 'autocannon'

export interface Load {
  port: number
  cookie: string
  seconds: number
  connections: number
  pipelining: number
}

export interface Outcome {
  requests: number
  seconds: number
  /** CPU time of the load generator, in microseconds. */
  cpu: number
  /** Anything but a 2xx, time-outs and broken connections: must be 0. */
  failures: number
}

export async function run(load: Load): Promise<Outcome> {
  const before = process.cpuUsage()
  const began = performance.now()
  const result = await autocannon({
    url: `http://127.0.0.1:${load.port}/`,
    headers: { host: `localhost:${load.port}`, cookie: load.cookie },
    duration: load.seconds,
    connections: load.connections,
    pipelining: load.pipelining,
  })
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  const failures = result.non2xx + result.errors + result.timeouts
  return { requests: result['2xx'], seconds, cpu: user + system, failures }
}

process.on('message', (load: Load) => {
  void run(load).then((outcome) => process.send?.(outcome))
})
process.on('disconnect', () => process.exit(0))
