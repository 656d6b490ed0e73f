import { keepsContract } from '../support/sql-conformance.ts'
import { PGBOUNCER_WAYS } from '../support/sql.ts'

keepsContract(PGBOUNCER_WAYS)
