/** The tables of the PostgreSQL store, and how they come to be. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { schemaSql } from 'landbridge/postgres'
import { describe, expect, test } from 'vitest'
import { postgresGround } from '../support/postgres-ground.ts'
import { overPg, overPostgresJs } from '../support/sql.ts'
import { ELMER, newSession } from './sql-records.ts'

const ground = postgresGround('fresh', 'crowd', 'missing', 'by_hand', 'migrated', 'late', 'quick')
const NOW = Date.now()

const withoutComments = (sql: string): string => sql.replaceAll(/^--.*\n/gm, '')

async function tablesOf(schema: string): Promise<unknown[]> {
  const { rows } = await ground().admin.query(
    `SELECT c.relname, c.relkind, c.relpersistence, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, pg_get_indexdef(i.indexrelid) AS index
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 LEFT JOIN pg_index i ON i.indexrelid = c.oid
       WHERE c.relnamespace = $1::regnamespace ORDER BY c.relname, a.attnum`,
    [schema],
  )
  return JSON.parse(JSON.stringify(rows).replaceAll(`${schema}.`, '')) as unknown[]
}

describe.each([
  ['pg', overPg],
  ['postgres', overPostgresJs],
])('over %s', (_, over) => {
  test('makes its tables, again and again', async () => {
    const store = await ground().migrated({ schema: 'fresh' }, over)
    const session = newSession(NOW)
    await store.create(session)
    await store.migrate()
    expect(await store.read(session.id, ELMER)).toEqual(session)
  })

  test('makes its tables from eight processes at one moment', async () => {
    const prefix = over === overPg ? 'crowd_pg_' : 'crowd_js_'
    const stores = Array.from({ length: 8 }, () => ground().open({ schema: 'crowd', prefix }, over))
    await Promise.all(stores.map((store) => store.migrate()))
    const { rows } = await ground().admin.query(`SELECT version FROM crowd.${prefix}version`)
    expect(rows).toEqual([{ version: 1 }])
  })

  test('says what to run where its tables are missing', async () => {
    const store = ground().open({ schema: 'missing' }, over)
    for (const call of [() => store.read(newSession(NOW).id, ELMER), () => store.ping(), () => store.create(newSession(NOW))]) {
      await expect((async () => call())()).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
        hint: expect.stringContaining('store.migrate()'),
        cause: expect.objectContaining({ code: '42P01' }),
      })
    }
  })
})

test('its SQL, run by psql, makes the tables that `migrate` makes', async () => {
  const sql = schemaSql({ schema: 'by_hand' })
  for (let times = 0; times < 2; times++) {
    const run = spawnSync('psql', ['--single-transaction', '-v', 'ON_ERROR_STOP=1', '-q', '-o', '/dev/null', ground().server.url], {
      input: sql,
      encoding: 'utf8',
    })
    expect(run.stderr.replaceAll(/^NOTICE.*\n/gm, '')).toBe('')
    expect(run.status).toBe(0)
  }
  await ground().migrated({ schema: 'migrated' })
  const tables = await tablesOf('by_hand')
  expect(tables.length).toBeGreaterThan(10)
  expect(tables).toEqual(await tablesOf('migrated'))
  const store = ground().open({ schema: 'by_hand' })
  await store.ping()
  await store.create(newSession(NOW))
})

test('its SQL stands in the docs', () => {
  const docs = readFileSync(new URL('../../docs/stores/postgres.md', import.meta.url), 'utf8')
  expect(docs).toContain(`\`\`\`sql\n${withoutComments(schemaSql())}\`\`\``)
})

test('refuses tables that a later version made', async () => {
  const store = await ground().migrated({ schema: 'late' })
  await ground().admin.query('INSERT INTO late.landbridge_version VALUES (99)')
  await expect(store.migrate()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', message: expect.stringContaining('99') })
})

test('refuses a prefix or a schema that would not be a name by itself', () => {
  for (const name of ['a-b', 'A', '"', "x'; DROP TABLE y; --", '1a', '', 'a'.repeat(26), 7]) {
    expect(() => schemaSql({ prefix: name as string })).toThrow('prefix')
    expect(() => schemaSql({ schema: name as string })).toThrow('schema')
  }
})

test('keeps sessions in unlogged tables where that is asked for, and the version in a logged one', async () => {
  await ground().migrated({ schema: 'quick', unlogged: true })
  const { rows } = await ground().admin.query(
    `SELECT relname, relpersistence AS kind FROM pg_class WHERE relnamespace = 'quick'::regnamespace AND relkind = 'r' ORDER BY relname`,
  )
  expect(rows.map(({ relname, kind }) => `${relname} ${kind}`)).toEqual([
    'landbridge_accounts u',
    'landbridge_kept u',
    'landbridge_sessions u',
    'landbridge_version p',
  ])
})
