/** The tables of the PostgreSQL store, as plain SQL. */
import { checkName, PREFIX } from './sql-prefix.ts'

export interface PostgresSchemaOptions {
  /** The schema that holds the tables; it has to exist. Default: the first one of the connection's `search_path`. */
  readonly schema?: string
  /** What the names of the tables begin with. Default `landbridge_`. */
  readonly prefix?: string
  /** Tables that are written without the log: faster, and empty after a crash of the server and on each replica. Default `false`. */
  readonly unlogged?: boolean
}

/** The version that this SQL leads to. */
export const VERSION = 1

export interface TableNames {
  readonly sessions: string
  readonly accounts: string
  readonly kept: string
  readonly version: string
  readonly channel: string
  readonly prefix: string
}

export function namesOf({ schema, prefix = PREFIX }: PostgresSchemaOptions): TableNames {
  for (const [option, name] of Object.entries({ schema, prefix })) if (name !== undefined) checkName(option, name)
  const full = schema === undefined ? prefix : `${schema}.${prefix}`
  const tables = { sessions: `${full}sessions`, accounts: `${full}accounts`, kept: `${full}kept`, version: `${full}version` }
  return { ...tables, channel: `${full}changed`, prefix }
}

/**
 * The SQL that makes the tables, or brings those of an earlier version up to date. It may run again and again, also at the same time from
 * several processes, and as a whole or not at all: `psql --single-transaction`, or any driver as one query without parameters.
 */
export function schemaSql(options: PostgresSchemaOptions = {}): string {
  const { sessions, accounts, kept, version, prefix } = namesOf(options)
  const table = `CREATE ${options.unlogged === true ? 'UNLOGGED ' : ''}TABLE IF NOT EXISTS`
  return `-- The tables of Landbridge's PostgreSQL store, version ${VERSION}.
SELECT pg_advisory_xact_lock(hashtext('${sessions}'));

CREATE TABLE IF NOT EXISTS ${version} (version integer PRIMARY KEY);

-- One row for each session with all that belongs to it. due: when to look whether something in it has ended, in units of 4096 ms since
-- the epoch; account: 64 bits of the hash of the account that is signed in.
${table} ${sessions} (
  account bigint,
  due integer NOT NULL,
  id uuid PRIMARY KEY,
  record bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS ${prefix}sessions_due ON ${sessions} (due);
CREATE INDEX IF NOT EXISTS ${prefix}sessions_account ON ${sessions} (account) WHERE account IS NOT NULL;

-- Where several accounts are signed in to one session, all but the first.
${table} ${accounts} (
  account bigint,
  session uuid,
  PRIMARY KEY (account, session)
);

-- What is taken once: key is the SHA-256 of it.
${table} ${kept} (
  expires bigint NOT NULL,
  key bytea PRIMARY KEY,
  value bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS ${prefix}kept_expires ON ${kept} (expires);

INSERT INTO ${version} VALUES (${VERSION}) ON CONFLICT DO NOTHING;
`
}
