import { keepsContract } from '../support/sql-conformance.ts'
import { MYSQL_WAYS } from '../support/sql.ts'

keepsContract(MYSQL_WAYS)
