import type { ScanReport } from './report.ts'

/** For tools that gather findings. */
export function reportAsSarif(report: ScanReport): string {
  return `${JSON.stringify({ version: '2.1.0', runs: [{ results: report.findings.map(({ check }) => ({ ruleId: check })) }] })}\n`
}
