import type { Finding } from '../checks/check.ts'
import type { Examined } from './examined.ts'

/** What the process that imports a module tells the one that waits for it. */
export type Told =
  /** The import begins now. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'examined'; readonly examined: Examined }
  | { readonly kind: 'over'; readonly problem: string | null; readonly findings: readonly Finding[] }

/** Variables of the environment, as arguments would be in the way of a module that reads its own. */
export const MODULE_VARIABLE = 'LANDBRIDGE_DOCTOR_MODULE'
export const WAIT_VARIABLE = 'LANDBRIDGE_DOCTOR_WAIT_MS'
