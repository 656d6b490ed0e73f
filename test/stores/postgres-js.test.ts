import { keepsContract } from '../support/sql-conformance.ts'
import { POSTGRES_JS } from '../support/sql.ts'

keepsContract(POSTGRES_JS)
