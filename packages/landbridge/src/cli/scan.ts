import { readFileSync } from 'node:fs'
import process from 'node:process'
import { scanChecks } from './checks/scan-checks.ts'
import type { Command, ExitCode, Values } from './command.ts'
import { FAULTS, FINE, NOT_RUN, UsageError } from './command.ts'
import { isAllowed, writesOf } from './scan/consent.ts'
import { reportAsHtml } from './scan/html.ts'
import { checkWritable, writeWhole } from './scan/html-file.ts'
import { reportAsJson } from './scan/json.ts'
import { planOf } from './scan/options.ts'
import type { ScanReport } from './scan/report.ts'
import { runScan } from './scan/run.ts'
import { reportAsSarif } from './scan/sarif.ts'
import { plain } from './scan/show.ts'
import { stopOnStrays } from './scan/strays.ts'
import { reportAsText } from './scan/text.ts'
import { Stopped } from './scan/trouble.ts'
import { clearProgress, complain, paint, showProgress, stopOnSignals } from './terminal.ts'

const HELP = `Usage: landbridge scan <url> <url> … [options]

Looks at the sessions of any web application from outside: the cookies that each URL sets, and whether one host accepts the session cookie
of another. It opens pages (GET) and nothing else, unless you name a login module or a probe: then it says what it would send, and asks.

  --page <path>             The page that looks different to who is signed in, on every host. Default: the URLs as they are.
  --cookie <host>=<pairs>   Cookies of somebody who is signed in at that host, as in "a.example=sid=…". May be repeated. The environment
                            variable LANDBRIDGE_SCAN_COOKIE takes the same, one host a line, and keeps them out of the list of processes.
  --login <module>          A module of yours that signs in: export default async ({ url, request }) => { … }. docs/scan.md has an example.
  --session-cookie <name>   The cookie that is the session, where its name does not tell. May be repeated.
  --probe "POST <url>"      Sends this write as another origin would, and says whether it was accepted. May be repeated.
  --yes                     Do not ask before a login module or a probe.
  --max-requests <n>        Default 200.      --rate <n>      Requests a second. Default 5.
  --timeout <s>             Of one request. Default 10.       --max-time <s>  Of the whole scan. Default 300.
  --max-body <kB>           How much of an answer is read. Default 512.
  --json                    The report as one JSON object.    --sarif         As SARIF 2.1.0.
  --html <file>             Also writes it as one HTML file.
  -h, --help                This text.

Examples:
  npx landbridge scan https://elmer.example.com https://alice.example.com
  LANDBRIDGE_SCAN_COOKIE='elmer.example.com=sessionid=…' npx landbridge scan https://elmer.example.com https://alice.example.com --page /account
  npx landbridge scan https://a.example https://b.example --login ./sign-in.mjs --page /account --html report.html
  npx landbridge scan https://a.example --cookie 'a.example=sid=…' --probe 'POST https://a.example/email'

Exit code: 0 when no fault was found (warnings and notes may be told), 1 when faults were found, 2 when something could not be found out: a
host that did not answer, a limit that was reached, an experiment that you signed in for and that told nothing. 2 goes before 1.`

export const scan: Command = {
  name: 'scan',
  summary: 'looks at the sessions of any web application from outside',
  help: HELP,
  positionals: '<url> …',
  options: {
    page: { type: 'string' },
    cookie: { type: 'string', multiple: true },
    login: { type: 'string' },
    'session-cookie': { type: 'string', multiple: true },
    probe: { type: 'string', multiple: true },
    yes: { type: 'boolean' },
    'max-requests': { type: 'string' },
    rate: { type: 'string' },
    timeout: { type: 'string' },
    'max-time': { type: 'string' },
    'max-body': { type: 'string' },
    json: { type: 'boolean' },
    sarif: { type: 'boolean' },
    html: { type: 'string' },
  },
  run: scanAll,
}

async function scanAll(values: Values, urls: readonly string[]): Promise<ExitCode> {
  if (values['json'] === true && values['sarif'] === true) throw new UsageError('--json and --sarif exclude each other.')
  const plan = planOf(values, urls, process.env['LANDBRIDGE_SCAN_COOKIE'])
  const file = values['html'] === undefined ? null : String(values['html'])
  if (file !== null) checkWritable(file)
  const stopping = stopOnSignals(STOPPING, new Stopped('The scan was stopped before its end.'))
  const strays = plan.login === null ? null : stopOnStrays(stopping)
  try {
    if (!(await isAllowed(writesOf(plan), values['yes'] === true, stopping.signal))) {
      complain('nothing was sent.')
      return NOT_RUN
    }
    const report = await runScan(plan, { version: version(), stop: stopping.signal, progress: (text) => showProgress(plain(text, 1000)) })
    clearProgress()
    process.stdout.write(asAsked(report, values))
    if (file !== null) writeWhole(file, reportAsHtml(report, scanChecks))
    return exitCode(report)
  } finally {
    clearProgress()
    strays?.end()
    stopping.end()
  }
}

const STOPPING = 'stopping; what was found until now is told. Once more ends it without.'

function asAsked(report: ScanReport, values: Values): string {
  if (values['json'] === true) return reportAsJson(report)
  if (values['sarif'] === true) return reportAsSarif(report, scanChecks)
  return reportAsText(report, scanChecks, paint)
}

/** What was not looked at may be the worst of all: that goes before the faults that were found. */
function exitCode({ complete, findings }: ScanReport): ExitCode {
  if (!complete) return NOT_RUN
  return findings.some(({ level }) => level === 'fault') ? FAULTS : FINE
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
