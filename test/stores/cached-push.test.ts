// The near cache and the messages of its store: what a message ends, whom a write waits for, and what happens when none come.
import { setTimeout as pause } from 'node:timers/promises'
import type { CachedOptions } from 'landbridge/cached'
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { SessionId, Store } from 'landbridge/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ELMER, FUDD, newDelta, newHandle, newSession, newSuccessor } from './cached-records.ts'
import { Gated, settle, twoClocks } from './gated.ts'
import { Pushing } from './pushing.ts'

/** Two processes, A and B, and a session that B knows; B's reads are counted. */
async function setUp(options: CachedOptions = {}) {
  const clocks = twoClocks()
  const given = { clock: clocks.wall.now, monotonicClock: clocks.ticks.now, ...options }
  const pushing = new Pushing(memory())
  const [a, b] = [pushing.connect(), pushing.connect()]
  const gated = new Gated(b.store)
  const [near, far] = [cached(a.store, given), cached(gated.store, given)]
  onTestFinished(async () => {
    await Promise.all([near.close(), far.close()])
  })
  const now = clocks.wall.now()
  const session = newSession(now, { accounts: [{ id: 'ada', signedInAt: now }] })
  await near.create(session)
  for (const store of [near, far]) {
    await store.read(session.id, ELMER)
    await settle()
    await store.read(session.id, ELMER)
  }
  gated.calls.length = 0
  return { a, b, clocks, near, far, gated, session, now }
}

const isKnown = (store: Store, id: SessionId): boolean => !(store.read(id, ELMER) instanceof Promise)

describe('A change by another process', () => {
  const CHANGES: Record<string, (all: Awaited<ReturnType<typeof setUp>>) => unknown> = {
    revoke: ({ near, session }) => near.revoke(session.id),
    'revoke of a scope': ({ near, session }) => near.revoke(session.id, ELMER),
    revokeAccount: ({ near }) => near.revokeAccount('ada'),
    renew: ({ near, session, now }) => near.renew(session.id, ELMER, newSuccessor(now), now),
    update: ({ near, session, now }) => near.update(session.id, ELMER, newDelta(now, { cart: '1' }), now),
    attach: ({ near, session, now }) => near.attach(session.id, ELMER, newHandle(now, { scope: FUDD }), now, now),
  }

  test.each(Object.entries(CHANGES))('by %s is seen at the next read once its message is here', async (_, change) => {
    const all = await setUp()
    const { far, gated, session } = all
    expect(isKnown(far, session.id)).toBe(true)
    await change(all)
    expect(await far.read(session.id, ELMER)).toEqual(await gated.store.read(session.id, ELMER))
    expect(gated.reads).toBe(2)
  })

  test('is not seen while the message lags, but for no longer than maxStaleMs', async () => {
    const { b, clocks, near, far, session } = await setUp()
    b.inbox.hold()
    await near.revoke(session.id)
    clocks.advance(4999)
    expect(await far.read(session.id, ELMER)).toEqual(session)
    clocks.advance(1)
    expect(await far.read(session.id, ELMER)).toBeNull()
  })

  test('of the absent is seen as well: a handle that is attached', async () => {
    const { near, far, session, now } = await setUp()
    expect(await far.read(session.id, FUDD)).toMatchObject({ handle: null })
    const handle = newHandle(now)
    await near.attach(session.id, ELMER, handle, now, now)
    expect(await far.read(session.id, FUDD)).toMatchObject({ handle })
  })

  test('whose message arrives while a read is under way: that read is neither kept nor joined', async () => {
    const { b, far, gated, session, clocks, near } = await setUp()
    clocks.advance(5000)
    gated.hold('read')
    const early = far.read(session.id, ELMER)
    await settle()
    b.inbox.hold()
    await near.revoke(session.id)
    b.inbox.deliver()
    const late = far.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
    await settle()
    await gated.answer('read', 1)
    expect(await late).toBeNull()
    await gated.answer('read')
    expect(await early).toEqual(session)
    expect(far.read(session.id, ELMER)).toBeNull()
  })

  test('of another session leaves this one known', async () => {
    const { near, far, session, now } = await setUp()
    const other = newSession(now)
    await near.create(other)
    await near.revoke(other.id)
    expect(isKnown(far, session.id)).toBe(true)
  })

  test('that may have been missed: nothing is known any more', async () => {
    const { b, far, session } = await setUp()
    b.inbox.missed()
    expect(isKnown(far, session.id)).toBe(false)
  })

  test('is seen by who watches the near cache itself and reads at once', async () => {
    const { near, far, b, session } = await setUp()
    const seen: unknown[] = []
    // Our own listener is the last to hear of it here.
    const early = b.inbox.listenFirst()
    const stop = await far.watch!((id) => seen.push(id && far.read(id, ELMER)))
    early()
    await near.revoke(session.id)
    expect(await Promise.all(seen)).toEqual([null])
    await stop()
  })
})

describe('A write that shows', () => {
  const timeOf = async (work: () => unknown): Promise<number> => {
    const start = performance.now()
    await work()
    return performance.now() - start
  }

  test('is answered when its message has come back', async () => {
    const { a, near, session } = await setUp()
    a.inbox.hold()
    let isAnswered = false
    const revoking = Promise.resolve(near.revoke(session.id)).then(() => (isAnswered = true))
    for (let i = 0; i < 10; i++) await settle()
    expect([isAnswered, a.inbox.waiting]).toEqual([false, 1])
    a.inbox.deliver()
    await revoking
    expect(isAnswered).toBe(true)
  })

  test('does not take the message of a write before it, under way in the same process, for its own', async () => {
    const { a, near, session, now } = await setUp()
    a.inbox.hold()
    const answered: string[] = []
    const first = Promise.resolve(near.update(session.id, ELMER, newDelta(now, { cart: '1' }), now)).then(() => answered.push('update'))
    const second = Promise.resolve(near.revoke(session.id)).then(() => answered.push('revoke'))
    await settle()
    a.inbox.deliver(1)
    await settle()
    expect(answered).toEqual(['update'])
    a.inbox.deliver()
    await Promise.all([first, second])
    expect(answered).toEqual(['update', 'revoke'])
  })

  test('hands on a message that it took, when it turns out that it has none', async () => {
    const { store: inner } = new Pushing(memory()).connect()
    const gated = new Gated(inner)
    const store = cached(gated.store)
    onTestFinished(() => store.close())
    const session = newSession(Date.now())
    await store.create(session)
    await settle()
    gated.hold('before update')
    const time = await timeOf(async () => {
      // It begins first and is carried out last: the message that comes is that of the end.
      const saving = store.update(session.id, ELMER, newDelta(Date.now(), { cart: '1' }), Date.now())
      const ending = store.revoke(session.id)
      await settle()
      gated.release('before update')
      expect([await saving, await ending]).toEqual(['gone', true])
    })
    expect(time).toBeLessThan(90)
  })

  test('waits 100 ms for a message that does not come, and those after it not at all, until the channel works again', async () => {
    const { a, near, session, now } = await setUp()
    a.inbox.lose()
    a.inbox.refuse(1000)
    const save = () => near.update(session.id, ELMER, newDelta(now, { cart: '1' }), now)
    const first = await timeOf(save)
    expect(first).toBeGreaterThan(90)
    expect(await timeOf(async () => Promise.all(Array.from({ length: 20 }, async () => save())))).toBeLessThan(80)
    a.inbox.find()
    a.inbox.refuse(0)
    const { opened } = a.inbox
    while (a.inbox.opened === opened) await pause(5)
    a.inbox.hold()
    let isAnswered = false
    const waiting = Promise.resolve(save()).then(() => (isAnswered = true))
    await settle()
    expect(isAnswered).toBe(false)
    a.inbox.deliver()
    await waiting
  })

  test('does not wait for a write that changed nothing', async () => {
    const { a, near, session, now } = await setUp()
    a.inbox.lose()
    const time = await timeOf(async () => {
      await near.update(session.id, ELMER, newDelta(now + 1, {}), now)
      await near.update(session.id, ELMER, { ...newDelta(now, { cart: '1' }), expectValues: 'other' }, now)
      await near.revoke(session.id, FUDD)
      await near.revokeAccount('nobody')
      await near.create(newSession(now))
    })
    expect(time).toBeLessThan(90)
  })

  test('of an old id waits for the message of the successor', async () => {
    const { near, session, now } = await setUp()
    const next = newSuccessor(now)
    await near.renew(session.id, ELMER, next, now)
    expect(await timeOf(() => near.revoke(session.id))).toBeLessThan(90)
    expect(await near.read(next.id, ELMER)).toBeNull()
  })

  test('that ends an account waits for the messages of all its sessions but the one that stays', async () => {
    const { a, near, session, now } = await setUp()
    const others = [1, 2, 3].map(() => newSession(now, { accounts: session.accounts }))
    for (const each of others) await near.create(each)
    a.inbox.hold()
    let isAnswered = false
    const ending = Promise.resolve(near.revokeAccount('ada', session.id)).then((count) => {
      isAnswered = true
      return count
    })
    for (let i = 0; i < 3; i++) {
      for (let turn = 0; turn < 5; turn++) await settle()
      expect([isAnswered, a.inbox.waiting]).toEqual([false, 3 - i])
      a.inbox.deliver(1)
    }
    expect(await ending).toBe(3)
  })
})

describe('The channel', () => {
  test('is opened by the first request, and nothing is kept before it is open', async () => {
    const pushing = new Pushing(memory())
    const { store: inner, inbox } = pushing.connect()
    const gated = new Gated(inner)
    const opening = Promise.withResolvers<void>()
    const store = cached({ ...gated.store, watch: async (changed) => opening.promise.then(() => inner.watch!(changed)) })
    onTestFinished(() => store.close())
    expect(inbox.opened).toBe(0)
    const session = newSession(Date.now())
    await inner.create(session)
    for (let i = 0; i < 3; i++) await store.read(session.id, ELMER)
    expect(gated.reads).toBe(3)
    opening.resolve()
    for (let i = 0; i < 5; i++) await settle()
    for (let i = 0; i < 3; i++) await store.read(session.id, ELMER)
    expect(gated.reads).toBe(4)
  })

  test('that does not open fails no request, and is tried again', async () => {
    const { store: inner, inbox } = new Pushing(memory()).connect()
    inbox.refuse(2)
    const store = cached(inner)
    onTestFinished(() => store.close())
    const session = newSession(Date.now())
    await store.create(session)
    await store.read(session.id, ELMER)
    await settle()
    expect(await store.read(session.id, ELMER)).toEqual(session)
    expect(isKnown(store, session.id)).toBe(true)
    while (inbox.opened < 3) await pause(5)
    await settle()
    // What changed before that may have been missed.
    expect(isKnown(store, session.id)).toBe(false)
  })

  test('that throws at once fails no request either', async () => {
    const store = cached({
      ...memory(),
      watch() {
        throw new Error('there is no channel')
      },
    })
    onTestFinished(() => store.close())
    const session = newSession(Date.now())
    await store.create(session)
    expect(store.read(session.id, ELMER)).toEqual(session)
    expect(await store.revoke(session.id)).toBe(true)
  })

  test('that hangs while it opens is waited for no longer than a second', async () => {
    const gated = new Gated()
    const store = cached({ ...gated.store, watch: () => Promise.race([]) })
    onTestFinished(() => store.close())
    const session = newSession(Date.now())
    await store.create(session)
    for (let i = 0; i < 3; i++) await store.read(session.id, ELMER)
    await pause(1020)
    for (let i = 0; i < 3; i++) await store.read(session.id, ELMER)
    expect(gated.reads).toBe(4)
  })

  test('is closed with the store, also when it opens only then', async () => {
    const { store: inner, inbox } = new Pushing(memory()).connect()
    const store = cached(inner)
    const reading = store.read(newSession(Date.now()).id, ELMER)
    await store.close()
    await store.close()
    await reading
    await settle()
    expect(inbox.listening).toBe(0)
  })
})
