/** Everything that `landbridge doctor` looks for in a configuration. */
import type { Check } from './check.ts'
import { configurationChecks } from './doctor-configuration-checks.ts'
import { cookieChecks } from './doctor-cookie-checks.ts'
import { liveChecks } from './doctor-live-checks.ts'
import { optionChecks } from './doctor-option-checks.ts'

export const doctorChecks: readonly Check[] = [...configurationChecks, ...optionChecks, ...cookieChecks, ...liveChecks]
