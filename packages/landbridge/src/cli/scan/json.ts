import type { ScanReport } from './report.ts'

/** For programs. */
export function reportAsJson(report: ScanReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
