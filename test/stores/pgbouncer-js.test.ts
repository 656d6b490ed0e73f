import { keepsContract } from '../support/sql-conformance.ts'
import { POSTGRES_JS_BOUNCED } from '../support/sql.ts'

keepsContract(POSTGRES_JS_BOUNCED)
