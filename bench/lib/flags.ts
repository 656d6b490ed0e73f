import { parseArgs } from 'node:util'

export interface Flags {
  http: boolean
  inProcess: boolean
  rounds: number
  seconds: number
  warmup: number
  connections: number
  pipelining: number
  only: string[]
  profile: string | undefined
  list: boolean
  help: boolean
}

export const HELP = `Usage: npm run bench -- [options]

Measures what a session costs: an authenticated GET over HTTP, as a share of the same framework
without sessions, and the same work inside one process. Without --http or --in-process it does both.

  --http             only the requests over HTTP
  --in-process       only the cost inside one process
  --rounds <n>       rounds over all subjects (default 5); each round visits every subject once
  --seconds <n>      seconds of load per subject and round (default 3)
  --warmup <n>       seconds of load per subject before the first round (default 2)
  --connections <n>  open connections (default 16)
  --pipelining <n>   requests under way per connection (default 8)
  --only <text>      subjects whose name contains the text; may be repeated; ceilings come along
  --profile <name>   take a CPU profile of one subject under load and print its costliest functions;
                     the .cpuprofile in bench/profiles opens in Chrome DevTools, Performance panel
  --list             names of the subjects
  --help             this text

Machines are noisy. Compare ratios of one run, never absolute numbers of two. "CPU µs" is the server
process's own CPU time per request and the steadier figure. "busy" must be near 100 %: below that the
server waited for the load, and the ratios flatter the slower subjects.
`

export function readFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      http: { type: 'boolean', default: false },
      'in-process': { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      warmup: { type: 'string', default: '2' },
      connections: { type: 'string', default: '16' },
      pipelining: { type: 'string', default: '8' },
      only: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const both = !values.http && !values['in-process']
  return {
    http: values.http || both,
    inProcess: values['in-process'] || both,
    rounds: count('rounds', values.rounds),
    seconds: count('seconds', values.seconds),
    warmup: count('warmup', values.warmup),
    connections: count('connections', values.connections),
    pipelining: count('pipelining', values.pipelining),
    only: values.only,
    profile: values.profile,
    list: values.list,
    help: values.help,
  }
}

function count(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} takes a whole number from 1 on, not "${text}"`)
}
