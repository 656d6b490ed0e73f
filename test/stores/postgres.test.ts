import { keepsContract } from '../support/sql-conformance.ts'
import { PG } from '../support/sql.ts'

keepsContract(PG)
