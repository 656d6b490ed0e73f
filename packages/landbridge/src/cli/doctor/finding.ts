import type { Finding, Level } from '../checks/check.ts'
import { doctorChecks } from '../checks/doctor-checks.ts'

interface Particulars {
  /** Default: what the check says. */
  readonly fix?: string
  readonly level?: Level
  readonly evidence?: readonly string[]
}

/** A finding of one of the checks, about something in particular. */
export function find(id: string, where: string, message: string, { fix, level, evidence = [] }: Particulars = {}): Finding {
  const check = doctorChecks.find((each) => each.id === id)
  return { check: id, level: level ?? check?.level ?? 'fault', where, message, fix: fix ?? check?.fix ?? '', evidence }
}
