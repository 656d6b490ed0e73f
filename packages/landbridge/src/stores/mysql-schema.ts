/** The tables of the MySQL store, as plain SQL. */
import { checkName, PREFIX } from './sql-prefix.ts'

export interface MySqlSchemaOptions {
  /** What the names of the tables begin with. Default `landbridge_`. */
  readonly prefix?: string
}

/** The version that this SQL leads to. */
export const VERSION = 1

export interface TableNames {
  readonly sessions: string
  readonly accounts: string
  readonly kept: string
  readonly version: string
}

export function namesOf({ prefix = PREFIX }: MySqlSchemaOptions): TableNames {
  checkName('prefix', prefix)
  return { sessions: `${prefix}sessions`, accounts: `${prefix}accounts`, kept: `${prefix}kept`, version: `${prefix}version` }
}

/** The statements that make the tables, or bring those of an earlier version up to date. They may run again and again. */
export function statementsFor(options: MySqlSchemaOptions): readonly string[] {
  const { sessions, accounts, kept, version } = namesOf(options)
  return [
    `CREATE TABLE IF NOT EXISTS ${version} (version integer PRIMARY KEY) ENGINE = InnoDB`,
    `-- One row for each session with all that belongs to it. due: when to look whether something in it has ended, in ms since the epoch;
-- account: 64 bits of the hash of the account that is signed in.
CREATE TABLE IF NOT EXISTS ${sessions} (
  id binary(16) PRIMARY KEY,
  due bigint NOT NULL,
  account binary(8),
  record mediumblob NOT NULL,
  INDEX (due),
  INDEX (account)
) ENGINE = InnoDB`,
    `-- Where several accounts are signed in to one session, all but the first.
CREATE TABLE IF NOT EXISTS ${accounts} (
  account binary(8),
  session binary(16),
  PRIMARY KEY (account, session)
) ENGINE = InnoDB`,
    `-- What is taken once: id is the SHA-256 of its key.
CREATE TABLE IF NOT EXISTS ${kept} (
  id binary(32) PRIMARY KEY,
  expires bigint NOT NULL,
  value mediumblob NOT NULL,
  INDEX (expires)
) ENGINE = InnoDB`,
    `INSERT IGNORE INTO ${version} VALUES (${VERSION})`,
  ]
}

/** The SQL that `migrate` runs, as a script for the `mysql` or `mariadb` client. */
export function schemaSql(options: MySqlSchemaOptions = {}): string {
  const head = `-- The tables of Landbridge's MySQL store, version ${VERSION}.\n`
  return (
    head +
    statementsFor(options)
      .map((statement) => `${statement};\n`)
      .join('\n')
  )
}
