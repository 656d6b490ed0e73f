import process from 'node:process'
import type { Command, ExitCode, Values } from './command.ts'
import { FAULTS, FINE, NOT_RUN, UsageError } from './command.ts'
import { readConfiguration } from './doctor/read.ts'
import { asJson, asText, hasFaults } from './doctor/report.ts'
import { numberOf, tryStoreAt } from './doctor-try.ts'
import { shownUrl } from './url.ts'

const HELP = `Usage: landbridge doctor [<module or JSON file>] [options]
       landbridge doctor --store <url> [options]

Reads a configuration and tells each fault in it by a stable id: where it is, what is wrong, and what to write instead.
A module (.ts, .js) is imported, in a process of its own, and each createSessions that it calls is examined; what it prints is dropped.
A JSON file, or - for standard input, holds the options of createSessions, or the cookie settings of another session library.
docs/checks.md lists everything that is looked for, docs/doctor.md what the JSON may say.

  --live             Also asks the network: whether each host that is written out has an address, answers, and is Landbridge; whether it
                     takes https for http; how its clock stands. At most 20 hosts, one small GET each. Without it nothing is asked.
  --port <n>         With --live: where hosts below localhost answer that are written without a port. Default 80.
  --wait <seconds>   How long a module may take to load. Default 20.

With --store it tries a store where your application would use it: the whole contract of stores, hundreds of histories of concurrent
calls, and what the server is set to. Everything happens under a random prefix (in a file beside yours, for SQLite) and is removed at
the end, also on Ctrl-C.

  --store <url>      redis://  rediss://  postgres://  mysql://  sqlite:<path>  memory:
                     Default, where no file is named: the environment variable LANDBRIDGE_STORE_URL, which keeps a password out of the list
                     of processes.
  --driver <name>    ioredis or redis, pg or postgres, mysql2. Default: what the project in this folder has installed.
  --histories <n>    How many histories to check beyond those of the contract's suite. Default 200.
  --seed <n>         Where they begin: a number that an earlier run has named. Default: random.
  --full             Also 50 writers at once for 1000 rounds, and 1000 races of a sign-out with a save.

  --json             One JSON object in place of the report.
  -h, --help         This text.

Examples:
  npx landbridge doctor src/sessions.ts
  npx landbridge doctor src/sessions.ts --live
  node --env-file=.env node_modules/.bin/landbridge doctor src/sessions.ts --json > report.json
  echo '{ "hosts": ["app.example.com"], "cookie": { "domain": ".example.com" } }' | npx landbridge doctor -
  npx landbridge doctor --store redis://localhost:6379
  LANDBRIDGE_STORE_URL=rediss://user:password@redis.example:6380 npx landbridge doctor --driver redis
  npx landbridge doctor --store sqlite:./sessions.db --full

Exit code: 0 when nothing is wrong (warnings and notes may be told), 1 when faults were found, 2 when it could not find out.`

export const doctor: Command = {
  name: 'doctor',
  summary: 'tries a store on your own server, or reads a configuration, and tells what is wrong with it',
  help: HELP,
  positionals: '[<module or JSON file>]',
  options: {
    store: { type: 'string' },
    driver: { type: 'string' },
    histories: { type: 'string' },
    seed: { type: 'string' },
    full: { type: 'boolean' },
    live: { type: 'boolean' },
    port: { type: 'string' },
    wait: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: (values, [file, ...more]) => {
    if (more.length > 0) throw new UsageError('doctor reads one configuration at a time.')
    return file === undefined ? examineStore(values) : examineFile(file, values)
  },
}

async function examineStore(values: Values): Promise<ExitCode> {
  const url = values['store'] ?? process.env['LANDBRIDGE_STORE_URL']
  const alone = ['live', 'port', 'wait'].find((name) => values[name] !== undefined)
  if (alone !== undefined) throw new UsageError(`--${alone} needs a configuration to read, as in doctor src/sessions.ts --live`)
  if (typeof url !== 'string' || url === '') {
    throw new UsageError(
      'doctor needs --store <url>, as in --store redis://localhost:6379, or a configuration to read, as in doctor src/sessions.ts',
    )
  }
  const { code, text } = await tryStoreAt(url, values)
  if (text !== null) process.stdout.write(text)
  return code
}

/** Faults are told even where something else could not be found out; the exit code then says that the report is not all. */
async function examineFile(file: string, values: Values): Promise<ExitCode> {
  const options = { waitMs: secondsOf(values) * 1000, live: values['live'] === true, localPort: portOf(values) }
  const report = await readConfiguration(file, options)
  const code = report.problems.length > 0 ? NOT_RUN : hasFaults(report) ? FAULTS : FINE
  const { store } = values
  const isJson = values['json'] === true
  if (!isJson) process.stdout.write(asText(report))
  const tried = typeof store === 'string' ? await tryStoreAt(store, values) : null
  if (isJson) process.stdout.write(withStore(report, tried?.text, String(store)))
  else if (tried?.text) process.stdout.write(`\n${tried.text}`)
  return Math.max(code, tried?.code ?? FINE) as ExitCode
}

/** `text` is undefined where no store was to be tried, `null` where it could not be. */
function withStore(report: Parameters<typeof asJson>[0], text: string | null | undefined, url: string): string {
  if (text === undefined) return asJson(report)
  if (text !== null) return asJson(report, JSON.parse(text))
  return asJson({ ...report, problems: [...report.problems, `${shownUrl(url)} could not be tried.`] }, null)
}

function secondsOf(values: Values): number {
  const seconds = numberOf('wait', values['wait'], 20)
  if (seconds < 1 || seconds > 600) throw new UsageError('--wait is a number of seconds from 1 to 600.')
  return seconds
}

function portOf(values: Values): number {
  const port = numberOf('port', values['port'], 80)
  if (port < 1 || port > 65_535) throw new UsageError('--port is a number from 1 to 65535.')
  return port
}
