// The channel of a near cache whose messages come too late: it is opened anew, and what it held before is let go.
import { setTimeout as pause } from 'node:timers/promises'
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { Changed } from 'landbridge/store'
import { expect, test } from 'vitest'
import { ELMER, newDelta, newSession } from './cached-records.ts'

test('a message that comes when its channel was given up opens no second one', async () => {
  const listeners: Changed[] = []
  let held = 0
  const watch = (changed: Changed) => {
    listeners.push(changed)
    held += 1
    return () => {
      held -= 1
    }
  }
  const near = cached({ ...memory(), watch })
  const now = Date.now()
  const session = newSession(now)
  await near.create(session)
  await near.read(session.id, ELMER)
  const change = () => near.update(session.id, ELMER, newDelta(now, { a: '1' }), now)
  for (let times = 0; times < 4; times++) {
    await expect.poll(() => held).toBe(1)
    await change()
  }
  expect(held).toBe(0)
  listeners.at(-1)!(session.id)
  await change()
  await pause(600)
  expect(held).toBe(1)
  await near.close()
  expect(held).toBe(0)
})
