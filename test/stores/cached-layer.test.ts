// A cache that the near caches of several processes share, between them and the store.
import { cached } from 'landbridge/cached'
import type { NewSession, Scope, SessionId } from 'landbridge/store'
import { describe, expect, test } from 'vitest'
import { ELMER, FUDD, newDelta, newHandle, newSession, newSuccessor } from './cached-records.ts'
import { settle } from './gated.ts'
import type { Processes } from './cached-processes.ts'
import { processes, putIn } from './cached-processes.ts'

describe('A read that another process put in', () => {
  test('is found without asking the store', async () => {
    const all = processes(3)
    const session = await putIn(all)
    const [{ store, gated }] = all.nodes as [(typeof all.nodes)[0]]
    expect(await store.read(session.id, ELMER)).toEqual(session)
    expect(store.read(session.id, ELMER)).toEqual(session)
    expect(gated.reads).toBe(0)
  })

  test('is for its own scope', async () => {
    const all = processes(3)
    const session = await putIn(all)
    expect(await all.nodes[0]!.store.read(session.id, FUDD)).toMatchObject({ handle: null })
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })

  test.each(['wall', 'ticks'] as const)('is as old as the read of the store was, by either clock: %s', async (clock) => {
    const all = processes(3)
    const session = await putIn(all)
    const [{ store, gated }] = all.nodes as [(typeof all.nodes)[0]]
    all.clocks.advance(4000)
    await store.read(session.id, ELMER)
    all.clocks[clock].advance(999)
    expect(store.read(session.id, ELMER)).toEqual(session)
    expect(gated.reads).toBe(0)
    all.clocks[clock].advance(1)
    expect(store.read(session.id, ELMER)).toBeInstanceOf(Promise)
  })

  test('is found by nobody who looks for it maxStaleMs after the read of the store', async () => {
    const all = processes(3)
    const session = await putIn(all)
    all.clocks.wall.advance(5000)
    await all.nodes[0]!.store.read(session.id, ELMER)
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })

  test('is not served past its end', async () => {
    const all = processes(3)
    const session = await putIn(all, { handle: { expiresAt: all.now + 2000 } })
    all.clocks.advance(2000)
    await all.nodes[0]!.store.read(session.id, ELMER)
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })

  test('reads back exactly, whatever its texts are', async () => {
    const hard = '\n"ž\u{1f600}":"\\u0000"\n"b":"\u2028"'
    const all = processes(3)
    const session = await putIn(all, { values: hard, accounts: [{ id: 'x\ud800\n"', signedInAt: all.now }], handle: { values: hard } })
    expect(await all.nodes[0]!.store.read(session.id, ELMER)).toEqual(session)
    expect(all.nodes[0]!.gated.reads).toBe(0)
    for (const text of all.shared.texts.values()) expect(text).toMatch(/^[ -~]+$/)
  })

  const DAMAGE: Record<string, (text: string) => string> = {
    'was cut off': (text) => text.slice(0, -10),
    'was changed': (text) => text.replace('"ada"', '"bob"'),
    'is empty': () => '',
    'is something else': () => 'hello',
  }

  test.each(Object.entries(DAMAGE))('counts as nothing when it %s', async (_, damage) => {
    const all = processes(3)
    const session = await putIn(all)
    const [key] = all.shared.reads as [string]
    all.shared.texts.set(key, damage(all.shared.texts.get(key)!))
    expect(await all.nodes[0]!.store.read(session.id, ELMER)).toEqual(session)
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })

  test('counts as nothing while its time has not come, by a clock that is behind', async () => {
    const all = processes(3)
    const session = newSession(all.now)
    await all.nodes[1]!.store.create(session)
    const { watch: _, ...silent } = all.nodes[2]!.gated.store
    const ahead = cached(silent, { layer: all.shared.layer, clock: () => all.clocks.wall.now() + 3000 })
    for (const store of [all.nodes[1]!.store, ahead]) {
      await store.read(session.id, ELMER)
      await settle()
    }
    await ahead.close()
    expect(all.shared.reads).toHaveLength(1)
    await all.nodes[0]!.store.read(session.id, ELMER)
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })

  test('counts as nothing under the key of another session or scope', async () => {
    const all = processes(3)
    const session = await putIn(all)
    const victim = newSession(all.now)
    await all.nodes[2]!.store.create(victim)
    const [key] = all.shared.reads as [string]
    const text = all.shared.texts.get(key)!
    all.shared.texts.set(key.replace(session.id, victim.id), text)
    expect((await all.nodes[0]!.store.read(victim.id, ELMER))?.id).toBe(victim.id)
    expect(all.nodes[0]!.gated.reads).toBe(1)
  })
})

describe('After a write that was answered, no process finds what was read before it', () => {
  const WRITES: Record<string, (all: Processes, session: NewSession) => unknown> = {
    revoke: ({ nodes }, { id }) => nodes.at(-1)!.store.revoke(id),
    revokeAccount: ({ nodes }) => nodes.at(-1)!.store.revokeAccount('ada'),
    renew: ({ nodes, now }, { id }) => nodes.at(-1)!.store.renew(id, ELMER, newSuccessor(now), now),
    update: ({ nodes, now }, { id }) => nodes.at(-1)!.store.update(id, ELMER, newDelta(now, { cart: '1' }), now),
    attach: ({ nodes, now }, { id }) => nodes.at(-1)!.store.attach(id, ELMER, newHandle(now, { scope: ELMER }), now + 1, now),
  }

  test.each(Object.entries(WRITES))('%s', async (_, write) => {
    const all = processes(3)
    const session = await putIn(all)
    await write(all, session)
    const { store, gated } = all.nodes[0]!
    expect(await store.read(session.id, ELMER)).toEqual(await gated.store.read(session.id, ELMER))
    expect(gated.reads).toBe(2)
  })

  test('not even when the read was under way, and is put in after the write', async () => {
    const all = processes(3)
    const session = await putIn(all)
    const [reader, filler, writer] = all.nodes as [(typeof all.nodes)[0], (typeof all.nodes)[0], (typeof all.nodes)[0]]
    all.clocks.advance(5000)
    filler.gated.hold('read')
    const filling = filler.store.read(session.id, ELMER)
    await settle()
    await writer.store.revoke(session.id)
    await filler.gated.answer('read')
    expect(await filling).toEqual(session)
    await settle()
    expect(await reader.store.read(session.id, ELMER)).toBeNull()
  })

  test('not even when the read arrives at the layer after the write', async () => {
    const all = processes(3)
    const session = await putIn(all)
    const [reader, filler, writer] = all.nodes as [(typeof all.nodes)[0], (typeof all.nodes)[0], (typeof all.nodes)[0]]
    all.clocks.advance(5000)
    all.shared.holdReads()
    await filler.store.read(session.id, ELMER)
    await writer.store.revoke(session.id)
    all.shared.arrive()
    expect(await reader.store.read(session.id, ELMER)).toBeNull()
  })

  test('and of an end by the old id, none finds the successor', async () => {
    const all = processes(4)
    const session = await putIn(all)
    const next = newSuccessor(all.now)
    await all.nodes[0]!.store.renew(session.id, ELMER, next, all.now)
    for (const { store } of all.nodes.slice(0, 2)) {
      await store.read(next.id, ELMER)
      await settle()
    }
    expect(all.shared.reads.some((key) => key.includes(next.id))).toBe(true)
    await all.nodes[2]!.store.revoke(session.id)
    expect(await all.nodes[3]!.store.read(next.id, ELMER)).toBeNull()
  })

  test('the write that fails counts, too: it may have been carried out', async () => {
    const all = processes(2)
    const session = await putIn(all)
    const inner = all.nodes[1]!.gated.store
    const broken = cached(
      {
        ...inner,
        async revoke(id) {
          await inner.revoke(id)
          throw new Error('cut')
        },
      },
      { layer: all.shared.layer, clock: all.clocks.wall.now },
    )
    await expect(broken.revoke(session.id)).rejects.toThrow('cut')
    await broken.close()
    all.clocks.ticks.advance(5000) // so that the near cache of the process that reads has nothing
    expect(await all.nodes[0]!.store.read(session.id, ELMER)).toBeNull()
  })
})

test('a message makes a process go past the layer for maxStaleMs: it can be faster than the new fence', async () => {
  const all = processes(3, { pushes: true })
  for (const { store } of all.nodes) {
    await store.read('x' as SessionId, ELMER)
    await settle()
  }
  all.clocks.advance(5000) // since the channels opened
  const session = await putIn(all)
  const [reader, , writer] = all.nodes as [(typeof all.nodes)[0], (typeof all.nodes)[0], (typeof all.nodes)[0]]
  // The store has the change and has told of it; the writer has not come to the layer yet.
  await writer.gated.store.revoke(session.id)
  expect(await reader.store.read(session.id, ELMER)).toBeNull()
  all.clocks.advance(4999)
  all.shared.calls.length = 0
  await reader.store.read(`${session.id.slice(0, 4)}${'x'.repeat(18)}` as SessionId, ELMER)
  expect(all.shared.calls).toEqual([])
  all.clocks.advance(1)
  await reader.store.read(session.id, ELMER)
  expect(all.shared.calls).toEqual(['get'])
})

test('what is not there is never put in: forged ids fill no layer', async () => {
  const { shared, nodes, now } = processes(1)
  const session = newSession(now)
  await nodes[0]!.store.create(session)
  for (let i = 0; i < 10; i++) await nodes[0]!.store.read(newSession(now).id, ELMER)
  for (let i = 0; i < 10; i++) await nodes[0]!.store.read(session.id, `${i}.acme.example` as Scope)
  await settle()
  expect(shared.texts.size).toBe(0)
})

test('a session that is too large is read from the store, and does not make the layer rest', async () => {
  const all = processes(2)
  const large = newSession(all.now, { values: `\n"x":"${'x'.repeat(300_000)}"` })
  await all.nodes[0]!.store.create(large)
  for (const { store } of [...all.nodes, ...all.nodes]) {
    expect(await store.read(large.id, ELMER)).toEqual(large)
    await settle()
    all.clocks.advance(5000)
  }
  expect(all.shared.reads).toEqual([])
  expect(all.shared.calls.filter((call) => call === 'get')).toHaveLength(4)
})
