import type { Check } from '../checks/check.ts'
import type { ScanReport } from './report.ts'

/** For tools that gather findings. */
export function reportAsSarif(report: ScanReport, checks: readonly Check[]): string {
  return `${JSON.stringify({ version: '2.1.0', runs: [{ rules: checks.length, results: report.findings.map(({ check }) => ({ ruleId: check })) }] })}\n`
}
