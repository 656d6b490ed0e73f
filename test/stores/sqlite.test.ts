import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSessions, LandbridgeError } from 'landbridge'
import { sqlite } from 'landbridge/sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { delta, ELMER, FUDD, HOUR, session } from './records.ts'

const folder = mkdtempSync(join(tmpdir(), 'landbridge-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newFile = (): string => join(folder, `${files++}.db`)

/** A store, and a connection of its own to the same file: to look inside, or to stand in the way. */
function opened(file = newFile()) {
  return { file, store: sqlite(file), db: new DatabaseSync(file) }
}

const count = (db: DatabaseSync, table: string): number => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n as number
const counts = (db: DatabaseSync) => ['session', 'handle', 'signed_in', 'kept'].map((table) => count(db, table))

function refusal(file: string): LandbridgeError {
  try {
    void sqlite(file).close()
  } catch (error) {
    expect(error).toBeInstanceOf(LandbridgeError)
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect((error as Error).message).toContain(JSON.stringify(file))
    return error as LandbridgeError
  }
  throw new Error(`${file} was opened`)
}

describe('the session file', () => {
  test('is created, and keeps its sessions when it is opened again', async () => {
    const file = newFile()
    const first = sqlite(file)
    await first.create(session('kept'))
    await first.close()
    const second = sqlite(file)
    expect(await second.read(session('kept').id, ELMER)).toMatchObject({ id: session('kept').id, handle: { scope: ELMER } })
    await second.close()
  })

  test.skipIf(process.platform === 'win32')('can be read by its owner only, and so can the files beside it', async () => {
    const { file, store, db } = opened()
    await store.create(session('private'))
    for (const each of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(each).mode & 0o777).toBe(0o600)
    await store.close()
    db.close()
  })

  test.each(['', '{', 'null', '"ann"'])('answers that a session whose accounts are damaged (%s) is absent', async (damaged) => {
    const { store, db } = opened()
    await store.create({ ...session('damaged'), accounts: [{ id: 'ann', signedInAt: 1 }] })
    db.prepare('UPDATE session SET accounts = ?').run(damaged)
    expect([await store.read(session('damaged').id, ELMER), await store.sessionsOf('ann', Date.now())]).toEqual([null, []])
    expect(await store.revokeAccount('ann')).toBe(1)
    await store.close()
    db.close()
  })

  test('is refused, and left as it is, when a later version of the library wrote it', async () => {
    const { file, store, db } = opened()
    await store.create(session('kept'))
    await store.close()
    db.exec('PRAGMA user_version = 99')
    const error = refusal(file)
    expect(error.message).toMatch(/a later version of Landbridge wrote it \(schema 99, this one knows \d+\)/)
    expect(error.hint).toContain('Update landbridge')
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
    expect(count(db, 'session')).toBe(1)
    db.exec('PRAGMA user_version = 1')
    await sqlite(file).close()
    db.close()
  })

  test('is refused when it is no database, and its content stays', () => {
    const file = newFile()
    writeFileSync(file, 'notes '.repeat(1000))
    expect(refusal(file).cause).toMatchObject({ message: expect.stringContaining('not a database') })
  })

  test('is refused when another application keeps its tables in it, whatever version it gives them', () => {
    for (const version of [0, 1]) {
      const file = newFile()
      const db = new DatabaseSync(file)
      db.exec(`CREATE TABLE session (sid TEXT, data TEXT); INSERT INTO session VALUES ('a', 'b'); PRAGMA user_version = ${version}`)
      refusal(file)
      expect(db.prepare('SELECT * FROM session').all()).toEqual([{ sid: 'a', data: 'b' }])
      expect(count(db, 'sqlite_schema')).toBe(1)
      db.close()
    }
  })

  test('is refused when its folder does not exist, with a hint', () => {
    const error = refusal(join(folder, 'nowhere', 'sessions.db'))
    expect(error.hint).toContain('folder exists')
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('is refused when it is a folder', () => {
    refusal(folder)
  })

  test('is refused when it may only be read', async () => {
    const { file, store, db } = opened()
    await store.create(session('kept'))
    await store.close()
    db.close()
    expect(refusal(`file:${file}?mode=ro`).cause).toMatchObject({ message: expect.stringContaining('readonly') })
  })
})

describe('a transaction that fails', () => {
  test('is undone as a whole, is reported with its own error, and leaves the store working', async () => {
    const { store, db } = opened()
    // ROLLBACK ends the transaction inside SQLite, as a full disk does; ABORT leaves that to the store.
    for (const how of ['ROLLBACK', 'ABORT', 'FAIL']) {
      db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON handle BEGIN SELECT RAISE(${how}, 'no room for it'); END`)
      expect(() => store.create(session(how, { account: 'ann' }))).toThrow('no room for it')
      db.exec('DROP TRIGGER refuse')
      expect(counts(db)).toEqual([0, 0, 0, 0])
      await store.create(session(how, { account: 'ann' }))
      expect(counts(db)).toEqual([1, 1, 1, 0])
      expect(await store.revoke(session(how).id)).toBe(true)
    }
    await store.close()
    db.close()
  })
})

describe('a session with several handles', () => {
  /** A session with handles for ELMER and FUDD, which a crossing makes. */
  async function withTwoHandles() {
    const ground = opened()
    const { id } = session('two')
    await ground.store.create(session('two', { account: 'ann' }))
    const second = ground.db.prepare('INSERT INTO handle (session, scope, hash, created, seen, expires, vals) VALUES (?, ?, ?, ?, ?, ?, ?)')
    second.run(id, FUDD, 'hash', Date.now(), Date.now(), Date.now() + HOUR, '\n"own":1')
    return { ...ground, id }
  }

  test('keeps the values of each handle apart and shares its own', async () => {
    const { store, db, id } = await withTwoHandles()
    await store.update(id, ELMER, delta({ own: '2' }), Date.now())
    await store.update(id, FUDD, { ...delta({ all: '3' }), place: 'session' }, Date.now())
    expect(await store.read(id, ELMER)).toMatchObject({ values: '\n"all":3', handle: { values: '\n"own":2' } })
    expect(await store.read(id, FUDD)).toMatchObject({ values: '\n"all":3', handle: { values: '\n"own":1' } })
    db.close()
    await store.close()
  })

  test('loses one handle and lives on with the other, until that one is revoked too', async () => {
    const { store, db, id } = await withTwoHandles()
    expect(await store.revoke(id, ELMER)).toBe(true)
    expect(await store.revoke(id, ELMER)).toBe(false)
    expect(await store.read(id, ELMER)).toMatchObject({ handle: null })
    expect(await store.update(id, ELMER, delta({ a: '1' }), Date.now())).toBe('gone')
    expect(await store.update(id, FUDD, delta({ a: '1' }), Date.now())).toBe('saved')
    expect(await store.sessionsOf('ann', Date.now())).toHaveLength(1)
    expect(await store.revoke(id, FUDD)).toBe(true)
    expect(counts(db)).toEqual([0, 0, 0, 0])
    db.close()
    await store.close()
  })

  test('loses all handles when it is revoked, when its account is, and when one handle renews', async () => {
    const next = session('next')
    const renewal = { ...next, keepValues: true, place: 'handle', changes: new Map(), traceUntil: Date.now() + HOUR } as const
    for (const end of ['revoke', 'revokeAccount', 'renew'] as const) {
      const { store, db, id } = await withTwoHandles()
      if (end === 'revoke') expect(await store.revoke(id)).toBe(true)
      if (end === 'revokeAccount') expect(await store.revokeAccount('ann')).toBe(1)
      if (end === 'renew') expect(await store.renew(id, FUDD, renewal, Date.now())).toBe('saved')
      expect(counts(db)).toEqual(end === 'renew' ? [1, 1, 0, 0] : [0, 0, 0, 0])
      expect(await store.read(id, FUDD)).toBeNull()
      if (end === 'renew') expect(await store.read(next.id, FUDD)).toMatchObject({ handle: { scope: FUDD, values: '\n"own":1' } })
      db.close()
      await store.close()
    }
  })

  test('loses only the expired handle to the sweep', async () => {
    const { store, db, id } = await withTwoHandles()
    db.prepare('UPDATE handle SET expires = ? WHERE scope = ?').run(Date.now() - 1, ELMER)
    expect(await store.sweep(Date.now(), 50)).toBe(1)
    expect((await store.handlesOf(id)).map(({ scope }) => scope)).toEqual([FUDD])
    expect(counts(db)).toEqual([1, 1, 1, 0])
    db.close()
    await store.close()
  })
})

describe('the sweep', () => {
  test('clears 10,000 expired sessions in bites of at most 50, and leaves no row of them', { timeout: 60_000 }, async () => {
    const { store, db } = opened()
    const past = Date.now() - 1
    db.exec('PRAGMA synchronous = OFF')
    for (let index = 0; index < 10_000; index++) await store.create(session(`old${index}`, { account: `a${index % 7}`, expiresAt: past }))
    for (let index = 0; index < 100; index++) await store.put(`old${index}`, 'value', past, past - 1)
    for (let index = 0; index < 20; index++) await store.create(session(`new${index}`, { account: 'ann' }))
    let left = count(db, 'session') + count(db, 'kept')
    for (let bite = 0; bite < 202; bite++) {
      const removed = await store.sweep(Date.now(), 50)
      const leftNow = count(db, 'session') + count(db, 'kept')
      expect(left - leftNow).toBe(removed)
      expect(removed).toBeLessThanOrEqual(50)
      left = leftNow
    }
    expect(await store.sweep(Date.now(), 50)).toBe(0)
    expect(counts(db)).toEqual([20, 20, 20, 0])
    db.close()
    await store.close()
  })
})

describe('a file that another process keeps locked', () => {
  const url = 'http://elmer.acme.localhost/'
  const write = () => new Request(url, { method: 'POST', headers: { origin: 'http://elmer.acme.localhost' } })

  async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
    const start = performance.now()
    return { result: await work(), ms: performance.now() - start }
  }

  test('makes requests fail with 503 within 3 s, later ones at once, reads still answer, and all is well when the lock is gone', async () => {
    const { store, db } = opened()
    const events: string[] = []
    const sessions = createSessions({
      topology: { kind: 'isolated', hosts: ['*.acme.localhost'] },
      store,
      onEvent: ({ type }) => void events.push(type),
    })
    const set = () =>
      sessions.handle(write(), (each) => {
        each.set('cart', 1)
        return new Response('saved')
      })
    const before = await set()
    const cookie = before.headers.getSetCookie()[0]!.split(';', 1)[0]!
    const get = () => sessions.handle(new Request(url, { headers: { cookie } }), async (each) => Response.json(await each.get('cart')))

    db.exec('BEGIN IMMEDIATE')
    const first = await timed(set)
    expect([first.result.status, first.result.headers.getSetCookie()]).toEqual([503, []])
    expect(first.ms).toBeLessThan(3000)
    const later = await timed(() => Promise.all(Array.from({ length: 20 }, set)))
    expect(new Set(later.result.map(({ status }) => status))).toEqual(new Set([503]))
    expect(later.ms, 'twenty requests wait no longer than one').toBeLessThan(2000)
    expect(await (await get()).json()).toBe(1)
    expect(events.filter((type) => type === 'store.failed')).toHaveLength(21)
    db.exec('ROLLBACK')

    expect((await set()).status).toBe(200)
    db.exec('BEGIN IMMEDIATE')
    expect((await timed(set)).ms, 'a write is patient again').toBeGreaterThan(1000)
    db.exec('ROLLBACK')
    expect((await set()).status).toBe(200)
    await sessions.close()
    db.close()
  })

  test('fails inside the store with the error of SQLite as the cause', async () => {
    const { store, db } = opened()
    const sessions = createSessions({ topology: { kind: 'isolated', hosts: ['*.acme.localhost'] }, store })
    db.exec('BEGIN IMMEDIATE')
    const failure = sessions.revoke(session('any').id)
    await expect(failure).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503, cause: { errcode: 5 } })
    db.exec('ROLLBACK')
    expect(await sessions.revoke(session('any').id)).toBe(false)
    await sessions.close()
    db.close()
  })
})
