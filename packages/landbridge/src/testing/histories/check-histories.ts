import assert from 'node:assert/strict'
import { setImmediate, setTimeout as pause } from 'node:timers/promises'
import type { Store } from '../../core/store.ts'
import { lacks } from '../lacking.ts'
import type { Ground, StoreFactory } from '../store-case.ts'
import { onNewGround } from '../store-case.ts'
import { explainFailure } from './explain-failure.ts'
import type { Call, Operation } from './history.ts'
import { perform, Recorder } from './history.ts'
import { isLinearizable } from './linearize.ts'
import type { Random } from './random.ts'
import { randomFrom } from './random.ts'
import type { Subject } from './subjects.ts'
import { KeptSubject, SessionSubject } from './subjects.ts'

export interface HistoryOptions {
  /** What decides on the calls: a whole number. History n of a run has the seed `seed + n`. Default 1. */
  readonly seed?: number
  /** How many histories. Default 25. */
  readonly rounds?: number
  /**
   * What a call that throws means. `throw`, the default: the check fails with that error. `unknown`: the call may have happened, then or
   * later, or never, as when the connection broke.
   */
  readonly failures?: 'throw' | 'unknown'
}

const CLIENTS = 6
const CALLS_PER_CLIENT = 8
const CREATE_TRIES = 100
/** After a failure a client waits, in milliseconds: there is little to learn from one call that fails after the other. */
const AGAIN_MS = 20
/** Each call that may have happened doubles what has to be tried: with this many a history ends. */
const FAILED_MOST = 8
/** How often they turn to the first session, the second, and the kept value: where many meet, faults show. */
const SHARES = { 0: 70, 1: 18, 2: 12 }

/**
 * Lets six clients make random calls on two sessions and one kept value, at once and over both connections, and looks for an order of
 * the calls that explains all answers. Rejects with an `AssertionError` that names the seed and shows the calls when there is none.
 *
 * The seed decides on the calls, not on when the store answers: over a network, one seed makes many histories.
 */
export async function checkHistories(make: StoreFactory, options: HistoryOptions = {}): Promise<void> {
  await onNewGround(make, (ground) => checkHistoriesOn(ground, options))
}

export async function checkHistoriesOn(ground: Ground, { seed = 1, rounds = 25, failures = 'throw' }: HistoryOptions = {}): Promise<void> {
  for (let round = 0; round < rounds; round++) await checkHistory(ground, seed + round, failures === 'unknown')
}

async function checkHistory(ground: Ground, seed: number, tolerant: boolean): Promise<void> {
  const plays = await makePlays(ground, randomFrom(seed << 8), tolerant)
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      // Each client has a sequence of its own: what it does depends little on how fast the others are.
      const random = randomFrom((seed << 8) + client + 1)
      for (let call = 0; call < CALLS_PER_CLIENT && !plays.some(({ recorder }) => recorder.failed >= FAILED_MOST); call++) {
        await someTurns(random)
        const play = plays[Number(random.weighted(SHARES))] ?? plays[0]!
        await play.call(client, play.subject.next(random))
      }
    }),
  )
  for (const { subject, recorder, call } of plays) {
    for (const operation of subject.last()) await call(0, operation)
    const isExplained = (some: readonly Call[]): boolean => isLinearizable(subject.model, some)
    if (!isExplained(recorder.calls)) assert.fail(explainFailure(recorder.calls, isExplained, seed, ground.now))
  }
}

/** A subject, and what its clients did. */
interface Play {
  readonly subject: Subject
  readonly recorder: Recorder
  call(client: number, operation: Operation): Promise<void>
}

async function makePlays({ store, other, now }: Ground, random: Random, tolerant: boolean): Promise<readonly Play[]> {
  const sessions = await Promise.all([0, 1].map(() => createSubject(store, now, random, tolerant)))
  const subjects = lacks(store, 'take') ? sessions : [...sessions, new KeptSubject()]
  return subjects.map((subject) => {
    const recorder = new Recorder()
    const call = async (client: number, operation: Operation): Promise<void> => {
      const through = client % 2 ? other : store
      const failedBefore = recorder.failed
      subject.learn(operation, await recorder.record(client, operation, () => perform(through, operation, now), tolerant))
      if (recorder.failed > failedBefore) await pause(AGAIN_MS)
    }
    return { subject, recorder, call }
  })
}

/** A session that is known to be there: what a failed attempt may have left is nobody's. */
async function createSubject(store: Store, now: number, random: Random, tolerant: boolean): Promise<SessionSubject> {
  for (let tries = 1; ; tries++) {
    const subject = new SessionSubject(now, random)
    try {
      await store.create(subject.created)
      return subject
    } catch (error) {
      if (!tolerant || tries === CREATE_TRIES) throw error
      await pause(AGAIN_MS)
    }
  }
}

/** Clients are not in step. */
async function someTurns(random: Random): Promise<void> {
  for (let left = random.below(3); left > 0; left--) await setImmediate()
}
