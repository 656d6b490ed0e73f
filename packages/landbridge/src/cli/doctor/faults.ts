import type { ConfigFault, LandbridgeError } from '../../core/errors.ts'
import { Faults } from '../../core/errors.ts'
import type { Finding } from '../checks/check.ts'
import { find } from './finding.ts'

/** The faults that an error lists; `null` for an error of another kind. It may come from another copy of the library. */
export function faultsIn(error: unknown): readonly ConfigFault[] | null {
  const { code, faults } = (error ?? {}) as Partial<LandbridgeError>
  return code === 'ERR_CONFIG_INVALID' && Array.isArray(faults) ? (faults as ConfigFault[]) : null
}

/** Everything that a check of the library's own adds to the faults. */
export function faultsFrom(check: (faults: Faults) => unknown): readonly ConfigFault[] {
  const faults = new Faults()
  check(faults)
  return faultsOf(() => faults.throwIfAny())
}

/** The faults with which a call of the library refuses what it was given. */
export function faultsOf(call: () => unknown): readonly ConfigFault[] {
  try {
    call()
  } catch (error) {
    const faults = faultsIn(error)
    if (faults !== null) return faults
    throw error
  }
  return []
}

export const asFindings = (faults: readonly ConfigFault[]): Finding[] =>
  faults.map(({ code, path, message, hint }) => find(code, path, message, { fix: hint }))
