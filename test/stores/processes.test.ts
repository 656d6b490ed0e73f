import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { sqlite } from 'landbridge/sqlite'
import { entriesOf, type Store, valueOf } from 'landbridge/store'
import { afterAll, expect, test } from 'vitest'
import { ELMER, FUDD, HOUR, session } from './records.ts'

const folder = mkdtempSync(join(tmpdir(), 'landbridge-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A child that is ready to begin. */
async function child(file: string, job: string, name: string, count = 0, output: number | 'ignore' = 'ignore'): Promise<ChildProcess> {
  const started = fork(new URL('./sqlite-child.ts', import.meta.url), [file, job, name, String(count)], {
    stdio: ['ignore', output, 'inherit', 'ipc'],
    execArgv: [],
  })
  await once(started, 'message')
  return started
}

/** Starts several children, lets them begin at the same moment, and gathers their answers. */
async function together(count: number, file: string, job: string, rounds: number): Promise<unknown[]> {
  const children = await Promise.all(Array.from({ length: count }, (_, index) => child(file, job, `p${index}`, rounds)))
  const startAt = Date.now() + 30
  return Promise.all(
    children.map(async (each) => {
      const exit = once(each, 'exit')
      const message = once(each, 'message') as Promise<[{ answer: unknown }]>
      each.send(startAt)
      expect(await exit).toEqual([0, null])
      return (await message)[0].answer
    }),
  )
}

async function fileWithSession(name: string): Promise<{ file: string; store: Store }> {
  const file = join(folder, name)
  const store = sqlite(file)
  await store.create(session('shared'))
  return { file, store }
}

async function sharedValues(store: Store): Promise<string> {
  return (await store.read(session('shared').id, ELMER))!.handle!.values
}

test('four processes that update one session lose no key and no increment', async () => {
  const { file, store } = await fileWithSession('updates.db')
  await together(4, file, 'update', 100)
  const values = await sharedValues(store)
  expect(valueOf(values, 'count')).toBe('400')
  expect(entriesOf(values)).toHaveLength(401)
  await store.close()
})

test('a kept value that four processes want is taken by exactly one', async () => {
  const { file, store } = await fileWithSession('tickets.db')
  const tickets = Array.from({ length: 300 }, (_, index) => `value ${index}`)
  for (const [index, value] of tickets.entries()) await store.put(`ticket-${index}`, value, Date.now() + HOUR, Date.now())
  const got = (await together(4, file, 'take', 300)) as string[][]
  expect(got.flat().sort()).toEqual(tickets.sort())
  await store.close()
})

test('of the handles that four processes attach for one scope at once the first is the one that stays', async () => {
  const { file, store } = await fileWithSession('attached.db')
  const ids = Array.from({ length: 300 }, (_, index) => `session-${index}`)
  for (const id of ids) await store.create(session(id))
  const first = (await together(4, file, 'attach', 300)) as string[][]
  const stored = ids.map((name) => session(name).id).map(async (id) => `${id} ${(await store.read(id, FUDD))?.handle?.hash}`)
  expect(first.flat().sort()).toEqual((await Promise.all(stored)).sort())
  await store.close()
})

test('six processes that open one new file at the same moment all get to use it', async () => {
  for (let round = 0; round < 3; round++) {
    const file = join(folder, `new-${round}.db`)
    await together(6, file, 'open', 0)
    const store = sqlite(file)
    for (let index = 0; index < 6; index++) expect(await store.read(session(`p${index}`).id, ELMER)).not.toBeNull()
    await store.close()
  }
})

test('a process that is killed in a loop of writes loses nothing that it acknowledged', { timeout: 60_000 }, async () => {
  const { file, store } = await fileWithSession('killed.db')
  await store.close()
  for (let round = 0; round < 8; round++) {
    const log = join(folder, `acknowledged-${round}`)
    const writer = await child(file, 'write', `r${round}`, 0, openSync(log, 'w'))
    const exit = once(writer, 'exit')
    writer.send(0)
    const enough = 1 + Math.random() * 10_000
    while (statSync(log).size < enough) await pause(1)
    writer.kill('SIGKILL')
    expect(await exit).toEqual([null, 'SIGKILL'])
    const acknowledged = readFileSync(log, 'utf8').trimEnd().split('\n')
    // Nobody has the file open now, so this opening has to recover it.
    const restarted = sqlite(file)
    await expectAcknowledged(restarted, acknowledged)
    expectIntact(file)
    await restarted.close()
  }
})

async function expectAcknowledged(store: Store, lines: string[]): Promise<void> {
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    const [what, name, index] = line.split(' ') as [string, never, string?]
    if (what === 'created') expect(await store.read(name, ELMER)).not.toBeNull()
    else expect(Number(valueOf(await sharedValues(store), name) ?? -1)).toBeGreaterThanOrEqual(Number(index))
  }
}

/** The file is sound, and no row in it stands alone. */
function expectIntact(file: string): void {
  const db = new DatabaseSync(file)
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(db.prepare('SELECT count(*) AS n FROM session WHERE id NOT IN (SELECT session FROM handle)').get()).toEqual({ n: 0 })
  expect(db.prepare('SELECT count(*) AS n FROM handle WHERE session NOT IN (SELECT id FROM session)').get()).toEqual({ n: 0 })
  db.close()
}
