import type { Check } from '../checks/check.ts'
import type { ScanReport } from './report.ts'

export type Paint = (style: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string

/** For people in a terminal. */
export function reportAsText(report: ScanReport, checks: readonly Check[], paint: Paint): string {
  const findings = report.findings.map(({ level, check, where, message, evidence }) =>
    [`${paint('bold', level)} ${check} ${where}: ${message}`, ...evidence.map((line) => `    ${line}`)].join('\n'),
  )
  const experiments = report.experiments.map(({ from, to, outcome, because }) => `${from} to ${to}: ${outcome}. ${because.join(' ')}`)
  const probes = report.probes.map(
    ({ method, url, origin, outcome, because }) => `${method} ${url} ${origin}: ${outcome}. ${because.join(' ')}`,
  )
  return [`${checks.length} checks`, ...findings, ...experiments, ...probes, ...report.problems, ''].join('\n')
}
