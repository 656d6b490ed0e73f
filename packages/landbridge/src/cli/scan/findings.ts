import type { Finding, Level } from '../checks/check.ts'
import type { ScanCheckId } from '../checks/scan-checks.ts'
import { scanCheck } from '../checks/scan-checks.ts'

interface Particulars {
  /** Where it is not the check's own. */
  readonly level?: Level
  readonly fix?: string
  readonly evidence?: readonly string[]
}

export function found(check: ScanCheckId, where: string, message: string, { level, fix, evidence = [] }: Particulars = {}): Finding {
  const usual = scanCheck(check)
  return { check, level: level ?? usual.level, where, message, fix: fix ?? usual.fix, evidence }
}

const RANK: Readonly<Record<Level, number>> = { fault: 0, warning: 1, note: 2 }

/** Each once, the worst first. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const once = new Map(findings.map((each) => [JSON.stringify([each.check, each.where, each.message]), each]))
  return [...once.values()].sort((a, b) => RANK[a.level] - RANK[b.level])
}
