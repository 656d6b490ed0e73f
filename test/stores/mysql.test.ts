import { keepsContract } from '../support/sql-conformance.ts'
import { MARIADB } from '../support/sql.ts'

keepsContract(MARIADB)
