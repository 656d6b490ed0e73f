import { keepsContract } from '../support/sql-conformance.ts'
import { POSTGRES_WAYS } from '../support/sql.ts'

keepsContract(POSTGRES_WAYS)
