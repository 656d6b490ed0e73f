import assert from 'node:assert/strict'
import { atOnce } from '../checks.ts'
import { HOUR, newId } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { takeCase } from '../store-case.ts'

export const keepingCases: readonly StoreCase[] = [
  takeCase('a kept value can be taken once, from any connection', async ({ store, other, now }) => {
    const [key, neighbour] = [newId(), newId()]
    await store.put(key, 'value', now + HOUR, now)
    await store.put(neighbour, 'other', now + HOUR, now)
    assert.equal(await other.take(key, now), 'value')
    assert.equal(await store.take(key, now), null)
    assert.equal(await store.take(neighbour, now), 'other')
  }),

  takeCase('a key that was never put takes null', async ({ store, now }) => {
    assert.equal(await store.take(newId(), now), null)
  }),

  takeCase('kept values are any text: empty, wide, long, with NUL and quotes', async ({ store, now }) => {
    for (const value of ['', '\u0000', 'a\u0000b', '"', `';--`, '\n', 'ž😀', '\ufeff', 'null', 'x'.repeat(70_000)]) {
      const key = `${newId()}:${value.slice(0, 20)}`
      await store.put(key, value, now + HOUR, now)
      assert.equal(await store.take(key, now), value)
    }
  }),

  takeCase('a later value of a key takes the place of the earlier one, with its own end', async ({ store, now }) => {
    const key = newId()
    await store.put(key, 'first', now + 1000, now)
    await store.put(key, 'second', now + HOUR, now)
    assert.equal(await store.take(key, now + 2000), 'second')
    assert.equal(await store.take(key, now), null)
  }),

  takeCase('an expired value takes null, by the time that the caller says, and stays gone', async ({ store, now }) => {
    const [last, late] = [newId(), newId()]
    for (const key of [last, late]) await store.put(key, 'value', now + HOUR, now)
    assert.equal(await store.take(last, now + HOUR - 1), 'value')
    assert.equal(await store.take(late, now + HOUR), null)
    assert.equal(await store.take(late, now), null)
  }),

  takeCase('of 32 takers at once exactly one gets the value', async ({ store, other, now }) => {
    for (let round = 0; round < 10; round++) {
      const key = newId()
      await store.put(key, 'value', now + HOUR, now)
      const taken = await atOnce(32, (index) => (index % 2 ? store : other).take(key, now))
      assert.deepEqual(
        taken.filter((value) => value !== null),
        ['value'],
      )
    }
  }),
]
