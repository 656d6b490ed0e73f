/** The statements of the PostgreSQL store. Each is atomic by itself: nothing needs a transaction of several. */
import { hash } from 'node:crypto'
import type { TableNames } from './postgres-schema.ts'

export interface Statement {
  /** Of this text alone: stores with other tables may use the same connections. */
  readonly name: string
  readonly text: string
}

type StatementName =
  | 'load'
  | 'loadMany'
  | 'loadOf'
  | 'insert'
  | 'insertListed'
  | 'replace'
  | 'replaceTold'
  | 'succeed'
  | 'succeedTold'
  | 'succeedListed'
  | 'remove'
  | 'removeTold'
  | 'removeListed'
  | 'put'
  | 'take'
  | 'due'
  | 'bury'
  | 'postpone'
  | 'sweepKept'
  | 'ping'
  | 'version'
  | 'tell'

export type Statements = Readonly<Record<StatementName, Statement>>

/** base64 is the shortest text that every driver hands over as it is, whatever its own idea of bytes. */
const RECORD = `encode(record, 'base64')`
/** The id's 16 bytes ahead of it. */
const KEYED = `encode(uuid_send(id) || record, 'base64')`
const REVISION = 'substr(record, 2, 4)'

export function statementsOf({ sessions, accounts, kept, version }: TableNames): Statements {
  /** Rows that are as they were found, locked; those that somebody else holds are left out. */
  const unchanged = (columns: string, given: string): string =>
    `SELECT s.id${columns} FROM unnest(${given}) AS found (id, revision${columns === '' ? '' : ', due'})
     JOIN ${sessions} s ON s.id = found.id WHERE encode(substr(s.record, 2, 4), 'hex') = found.revision FOR UPDATE OF s SKIP LOCKED`
  const uuids = (parameter: string): string => `string_to_array(${parameter}, ',')::uuid[]`
  const integers = (parameter: string): string => `string_to_array(${parameter}, ',')::integer[]`
  const numbers = (parameter: string): string => `string_to_array(${parameter}, ',')::bigint[]`
  const texts = (parameter: string): string => `string_to_array(${parameter}, ',')`

  const insert = `INSERT INTO ${sessions} (id, record, due, account) VALUES ($1, $2, $3, $4)`
  // Under READ COMMITTED an UPDATE that had to wait looks at its WHERE again, with the row as the other one left it.
  const swap = `UPDATE ${sessions} SET record = $3, due = coalesce(CASE WHEN $4 - due BETWEEN 0 AND $5 THEN due ELSE $4 END, due)
    WHERE id = $1 AND ${REVISION} = $2`
  const bequeath = `UPDATE ${sessions} SET record = $3, due = $4, account = NULL WHERE id = $1 AND ${REVISION} = $2`
  const succeed = `INSERT INTO ${sessions} (id, record, due, account) SELECT $5::uuid, $6::bytea, $7::integer, $8::bigint FROM old`
  const remove = `DELETE FROM ${sessions} WHERE id = $1 AND ${REVISION} = $2`
  const list = (session: string, others: string, from: string): string =>
    `INSERT INTO ${accounts} (account, session) SELECT unnest(${numbers(others)}), ${session} ${from} ON CONFLICT DO NOTHING`
  const unlist = (others: string): string =>
    `DELETE FROM ${accounts} a USING old WHERE a.session = old.id AND a.account = ANY (${numbers(others)})`

  return {
    load: statement(`SELECT ${RECORD} FROM ${sessions} WHERE id = $1`),
    loadMany: statement(`SELECT ${KEYED} FROM ${sessions} WHERE id = ANY (${uuids('$1')})`),
    loadOf: statement(
      `SELECT ${KEYED} FROM ${sessions} WHERE account = $1
       UNION ALL SELECT ${KEYED} FROM ${accounts} a JOIN ${sessions} s ON s.id = a.session WHERE a.account = $1`,
    ),
    insert: statement(insert),
    insertListed: statement(`WITH old AS (${insert} RETURNING id) ${list('id', '$5', 'FROM old')}`),
    replace: statement(`${swap} RETURNING 1`),
    replaceTold: statement(`${swap} RETURNING pg_notify($6, $7)`),
    succeed: statement(`WITH old AS (${bequeath} RETURNING id) ${succeed} RETURNING 1`),
    succeedTold: statement(`WITH old AS (${bequeath} RETURNING id) ${succeed} RETURNING pg_notify($9, $10)`),
    succeedListed: statement(
      `WITH old AS (${bequeath} RETURNING id), next AS (${succeed} RETURNING id),
       fewer AS (${unlist('$9')}), more AS (${list('$5::uuid', '$10', 'FROM old')})
       SELECT CASE WHEN $11 <> '' THEN pg_notify($11, $12) END FROM next`,
    ),
    remove: statement(`${remove} RETURNING 1`),
    removeTold: statement(`${remove} RETURNING pg_notify($3, $4)`),
    removeListed: statement(
      `WITH old AS (${remove} RETURNING id), fewer AS (${unlist('$3')}) SELECT CASE WHEN $4 <> '' THEN pg_notify($4, $5) END FROM old`,
    ),
    put: statement(
      `INSERT INTO ${kept} (key, value, expires) VALUES ($1, $2, $3)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    ),
    take: statement(`DELETE FROM ${kept} WHERE key = $1 RETURNING encode(value, 'base64'), expires`),
    due: statement(`SELECT ${KEYED} FROM ${sessions} WHERE due <= $1 ORDER BY due LIMIT $2`),
    bury: statement(
      `WITH dead AS (${unchanged('', `${uuids('$1')}, ${texts('$2')}`)}),
       old AS (DELETE FROM ${sessions} s USING dead WHERE s.id = dead.id RETURNING s.id),
       fewer AS (DELETE FROM ${accounts} a USING old, unnest(${uuids('$3')}, ${numbers('$4')}) AS listed (session, account)
         WHERE listed.session = old.id AND a.session = listed.session AND a.account = listed.account)
       SELECT count(*) FROM old`,
    ),
    postpone: statement(
      `WITH later AS (${unchanged(', found.due', `${uuids('$1')}, ${texts('$2')}, ${integers('$3')}`)})
       UPDATE ${sessions} s SET due = later.due FROM later WHERE s.id = later.id`,
    ),
    sweepKept: statement(
      `WITH dead AS (SELECT key FROM ${kept} WHERE expires <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED),
       gone AS (DELETE FROM ${kept} USING dead WHERE ${kept}.key = dead.key RETURNING 1) SELECT count(*) FROM gone`,
    ),
    ping: statement(`SELECT 1 FROM ${sessions} LIMIT 1`),
    tell: statement(`SELECT pg_notify($1, id) FROM unnest(${texts('$2')}) AS told (id)`),
    version: statement(`SELECT max(version) FROM ${version}`),
  }
}

const statement = (text: string): Statement => ({ name: `landbridge_${hash('sha1', text).slice(0, 16)}`, text })
