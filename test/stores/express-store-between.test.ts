/** What is left of a session when a write hangs, a process ends, or something comes in the middle of a change. */
import { setImmediate } from 'node:timers/promises'
import type { ExpressSessionStore } from 'landbridge/express-store'
import { expressStore } from 'landbridge/express-store'
import type { Store } from 'landbridge/store'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { MemoryStore } from '../support/express-stores.ts'
import { expressSession } from '../support/express-stores.ts'
import { change, ID, NEXT, next, now, promptly, SCOPE, session, storeThat, Table } from '../support/odd-stores.ts'

describe('when something comes in between', () => {
  test('a renewal that is cut short leaves the visitor signed out, and not two sessions', async () => {
    const table = new Table()
    const inner = storeThat(promptly, table)
    let writes = 0
    const store = expressStore({
      ...inner,
      set(sid, value, callback) {
        writes += 1
        if (writes <= 2) inner.set(sid, value, callback)
        else callback(new Error('the process ends here'))
      },
    })
    await store.create(session)
    await expect(store.renew(ID, SCOPE, next, now)).rejects.toThrow('the process ends here')
    // Another process reads what is left in the database.
    const afterwards = expressStore({ ...inner })
    for (const id of [ID, NEXT]) expect(await afterwards.read(id, SCOPE)).toBe(null)
    expect(await afterwards.wasRenewed(ID, now)).toBe(true)
  })

  test('what another process writes back of a session that this one ended stays closed here', async () => {
    const { inner, store } = await withSession()
    const before = inner.sessions[`lb:${ID}`]!
    expect(await store.revoke(ID)).toBe(true)
    inner.sessions[`lb:${ID}`] = before
    expect(await store.read(ID, SCOPE)).toBe(null)
    expect(await store.update(ID, SCOPE, change, now)).toBe('gone')
  })

  test('what another process writes back of a session that this one renewed does not make two of one', async () => {
    const { inner, store } = await withSession()
    const before = inner.sessions[`lb:${ID}`]!
    expect(await store.renew(ID, SCOPE, next, now)).toBe('saved')
    inner.sessions[`lb:${ID}`] = before
    expect(await store.read(ID, SCOPE)).toBe(null)
    expect(await store.revoke(ID)).toBe(true)
    expect(await store.read(NEXT, SCOPE)).toBe(null)
  })

  test('an end that comes anywhere in the middle of a renewal ends the session that comes out of it', async () => {
    const outcomes = new Set<string>()
    for (let steps = 0; steps < 60; steps++) {
      const inner = storeThat(promptly)
      let goOn = (): unknown => undefined
      const slow: ExpressSessionStore = {
        ...inner,
        set(sid, value, callback) {
          if (sid === `lb:${NEXT}`) goOn = () => inner.set(sid, value, callback)
          else inner.set(sid, value, callback)
        },
      }
      const [store, other] = [expressStore(slow), expressStore(slow)]
      await store.create(session)
      const renewal = store.renew(ID, SCOPE, next, now)
      for (let step = 0; step < steps; step++) await Promise.resolve()
      const end = other.revoke(ID)
      await setImmediate()
      goOn()
      outcomes.add(await renewal)
      expect(await end).toBe(true)
      for (const id of [ID, NEXT]) expect(await store.read(id, SCOPE)).toBe(null)
    }
    expect(outcomes).toContain('saved')
  })

  test('an end whose read overlaps a renewal, and finds its trace before its successor, ends the successor', async () => {
    const inner = storeThat(promptly)
    const goOn: (() => unknown)[] = []
    let holds = true
    const slow: ExpressSessionStore = {
      ...inner,
      get(sid, callback) {
        if (holds) goOn.push(() => inner.get(sid, callback))
        else inner.get(sid, callback)
        holds = false
      },
      set(sid, value, callback) {
        if (sid === `lb:${NEXT}`) goOn.push(() => inner.set(sid, value, callback))
        else inner.set(sid, value, callback)
      },
    }
    await expressStore(inner).create(session)
    const [store, other] = [expressStore(slow), expressStore(slow)]
    const end = other.revoke(ID)
    await setImmediate()
    const renewal = store.renew(ID, SCOPE, next, now)
    await setImmediate()
    for (const go of goOn) {
      go()
      await setImmediate()
    }
    expect(goOn).toHaveLength(2)
    expect([await renewal, await end]).toEqual(['saved', true])
    expect(await store.read(NEXT, SCOPE)).toBe(null)
  })

  async function withSession(): Promise<{ inner: MemoryStore; store: Store }> {
    const inner = new expressSession.MemoryStore()
    const store = expressStore(inner)
    await store.create(session)
    return { inner, store }
  }
})

describe('while a write of a session hangs', () => {
  /** A store whose next write hangs until it is told to go on. */
  async function hanging() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const table = new Table()
    const inner = storeThat(promptly, table)
    let held: (() => unknown) | null = null
    let hangs = false
    const slow: ExpressSessionStore = {
      ...inner,
      set(sid, value, callback) {
        if (hangs) held = () => inner.set(sid, value, callback)
        else inner.set(sid, value, callback)
        hangs = false
      },
    }
    const [store, ...others] = [expressStore(slow), expressStore(slow), expressStore(slow)] as const
    await store.create(session)
    // These have read the record, and go straight to the line of its writers.
    for (const other of others) await other.read(ID, SCOPE)
    hangs = true
    const update = Promise.resolve(store.update(ID, SCOPE, change, now))
    await setImmediate()
    return { table, store, others, update, goOn: () => held!() }
  }

  test('others of that session fail and are never carried out, and those of other sessions succeed', async () => {
    const { store, others, update, goOn } = await hanging()
    // One after another: who comes after somebody that gave up is let in no sooner.
    for (const call of [() => others[0].revoke(ID), () => others[1].revoke(ID), () => store.revoke(ID), () => store.read(ID, SCOPE)]) {
      const held = expect(Promise.resolve(call())).rejects.toThrow('still under way')
      await vi.advanceTimersByTimeAsync(3000)
      await held
    }
    const other = { ...session, id: NEXT }
    await store.create(other)
    expect(await store.revoke(NEXT)).toBe(true)
    goOn()
    expect(await update).toBe('saved')
    expect((await store.read(ID, SCOPE))?.handle?.values).toContain('"a":1')
  })

  test('it counts as failed after half a minute, and what it brings back of a session that has ended goes again', async () => {
    const { table, store, update, goOn } = await hanging()
    const failed = expect(update).rejects.toThrow(`did not answer 'set'`)
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(await store.revoke(ID)).toBe(true)
    goOn()
    expect(await store.read(ID, SCOPE)).toBe(null)
    await setImmediate()
    expect([...table.rows.keys()]).toEqual([])
  })

  test('and what it brings back of a session that was renewed is its trace again', async () => {
    const { table, store, update, goOn } = await hanging()
    const failed = expect(update).rejects.toThrow()
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(await store.renew(ID, SCOPE, next, now)).toBe('saved')
    const trace = table.rows.get(`lb:${ID}`)!
    goOn()
    await setImmediate()
    expect((JSON.parse(table.rows.get(`lb:${ID}`)!) as { landbridge: string }).landbridge).toBe(
      (JSON.parse(trace) as { landbridge: string }).landbridge,
    )
  })
})
