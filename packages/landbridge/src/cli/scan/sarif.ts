/** The report of a scan as SARIF 2.1.0 (OASIS), which code hosts and dashboards read. */
import { createHash } from 'node:crypto'
import type { Check, Finding, Level } from '../checks/check.ts'
import type { ScanReport } from './report.ts'
import { shown, shownJson } from './shown.ts'
import { summaryOf } from './summary.ts'

const LEVEL: Readonly<Record<Level, 'error' | 'warning' | 'note'>> = { fault: 'error', warning: 'warning', note: 'note' }

export function reportAsSarif(report: ScanReport, checks: readonly Check[]): string {
  // What was found beyond the catalogue needs a rule, too.
  const known = new Set(checks.map(({ id }) => id))
  const others = summaryOf(report, checks).groups.map(({ check }) => check)
  const rules = [...checks, ...others.filter(({ id }) => !known.has(id))]
  const run = {
    tool: { driver: { name: 'landbridge', semanticVersion: report.landbridge, rules: rules.map(ruleOf) } },
    invocations: [
      {
        executionSuccessful: report.complete,
        startTimeUtc: report.startedAt,
        endTimeUtc: report.endedAt,
        toolExecutionNotifications: report.problems.map((problem) => ({ level: 'warning', message: textOf(problem) })),
      },
    ],
    results: report.findings.map((finding) => resultOf(finding, rules, report)),
  }
  return shownJson({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] })
}

function ruleOf({ id, level, title, why, fix }: Check): object {
  return {
    id,
    shortDescription: textOf(title),
    fullDescription: textOf(why === '' ? title : why),
    help: textOf([why, fix].filter((text) => text !== '').join(' ') || title),
    defaultConfiguration: { level: LEVEL[level] },
  }
}

function resultOf({ check, level, where, message, fix, evidence }: Finding, rules: readonly Check[], report: ScanReport): object {
  const known = evidence.length === 0 ? [] : ['How it is known:', ...evidence.map((line) => (/[.!?]$/.test(line) ? line : `${line}.`))]
  const uri = uriOf(where, report)
  return {
    ruleId: check,
    ruleIndex: rules.findIndex(({ id }) => id === check),
    level: LEVEL[level],
    message: textOf([message, ...known, fix].join(' ')),
    locations: [{ physicalLocation: { artifactLocation: { uri } } }],
    // The same fault at the same place stays the same alert, whatever its sentence says next time.
    partialFingerprints: { 'checkAndPlace/v1': createHash('sha256').update(`${check} ${uri}`).digest('hex') },
  }
}

/** In SARIF, brackets make links and braces are places to fill; neither may come from a server. */
function textOf(text: string): { text: string } {
  return {
    text: shown(text)
      .replaceAll(/[\\[\]]/g, '\\$&')
      .replaceAll(/[{}]/g, '$&$&'),
  }
}

/** The URL of what a finding is about: as named, or that of the host. */
function uriOf(where: string, { hosts }: ScanReport): string {
  if (isWebUrl(where)) return new URL(where).href
  const named = hosts.find(({ url }) => isWebUrl(url) && [new URL(url).host, new URL(url).hostname].includes(where))
  if (named !== undefined) return new URL(named.url).href
  return URL.canParse(`https://${where}/`) ? new URL(`https://${where}/`).href : `about:blank#${encodeURIComponent(where.toWellFormed())}`
}

const isWebUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
