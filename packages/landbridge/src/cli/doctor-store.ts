/** Tries a store in a scratch place of its server: the contract, histories of concurrent calls, and how long a read takes. */
import { AssertionError } from 'node:assert'
import { performance } from 'node:perf_hooks'
import type { Store } from '../core/store.ts'
import { checkHistories } from '../testing/histories/check-histories.ts'
import { storeConformance } from '../testing/conformance.ts'
import { lostUpdates, resurrections } from '../testing/races.ts'
import { ELMER, newSession } from '../testing/records.ts'
import type { Fact, StoreTarget } from './store-target.ts'

export interface StoreReport {
  readonly facts: readonly Fact[]
  readonly cases: { readonly passed: number; readonly failed: readonly Failure[] }
  readonly histories: { readonly checked: number; readonly seed: number }
  /** Round-trip time of one read after the other, in milliseconds. */
  readonly read: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }
}

interface Failure {
  readonly name: string
  readonly message: string
}

export interface Trial {
  readonly seed: number
  readonly histories: number
  /** Whether to run the two great races for 1000 rounds each. */
  readonly full: boolean
  /** Checked between two steps: what runs is never left in the middle. */
  readonly stop: AbortSignal
  progress(done: number, of: number, name: string): void
}

interface Step {
  readonly name: string
  run(): Promise<void>
}

/** One step may take this long, in milliseconds; then the server counts as gone. */
const STEP_MS = 60_000
const READS = 1000
const HISTORIES_PER_STEP = 20

/** Rejects when the server goes away meanwhile, and when it is stopped. */
export async function tryStore(target: StoreTarget, trial: Trial): Promise<StoreReport> {
  const facts = await target.facts()
  // With an old server or a replica, every case would fail for that one reason.
  const steps = facts.some(({ kind }) => kind === 'fault') ? [] : stepsOf(target, trial)
  const failed: Failure[] = []
  for (const [index, step] of steps.entries()) {
    trial.stop.throwIfAborted()
    trial.progress(index, steps.length, step.name)
    const message = await outcomeOf(step, target)
    if (message !== null) failed.push({ name: step.name, message })
  }
  const cases = { passed: steps.length - failed.length, failed }
  const histories = { checked: steps.length === 0 ? 0 : trial.histories, seed: trial.seed }
  return { facts, cases, histories, read: steps.length === 0 ? { count: 0, p50Ms: 0, p99Ms: 0 } : await measureReads(target) }
}

function stepsOf({ make }: StoreTarget, { seed, histories, full }: Trial): Step[] {
  const steps: Step[] = storeConformance.map(({ name, run }) => ({ name, run: () => run(make) }))
  for (let done = 0; done < histories; done += HISTORIES_PER_STEP) {
    const options = { seed: seed + done, rounds: Math.min(HISTORIES_PER_STEP, histories - done) }
    const name = `${options.rounds} further histories have an order that explains every answer (seed ${options.seed})`
    steps.push({ name, run: () => checkHistories(make, options) })
  }
  if (!full) return steps
  return [
    ...steps,
    { name: '50 concurrent writers lose no update in 1000 rounds', run: () => lostUpdates(make) },
    { name: 'no sign-out in 1000 races with a save leaves a session', run: () => resurrections(make) },
  ]
}

/** `null` when it passed. What no check said is a failure of the system: it counts as the step's, as long as the server answers. */
async function outcomeOf(step: Step, { make }: StoreTarget): Promise<string | null> {
  try {
    await within(STEP_MS, step.run())
    return null
  } catch (error) {
    if (!(error instanceof AssertionError))
      await within(
        STEP_MS,
        withStore(make, (store) => store.ping()),
      )
    return (error as Error).message
  }
}

async function measureReads({ make }: StoreTarget): Promise<StoreReport['read']> {
  const times = await withStore(make, async (store) => {
    const session = newSession(Date.now())
    await store.create(session)
    const measured: number[] = []
    for (let index = 0; index < READS; index++) {
      const began = performance.now()
      await store.read(session.id, ELMER)
      measured.push(performance.now() - began)
    }
    await store.revoke(session.id)
    return measured.toSorted((a, b) => a - b)
  })
  return { count: READS, p50Ms: times[READS / 2]!, p99Ms: times[READS * 0.99]! }
}

async function withStore<Result>(make: StoreTarget['make'], use: (store: Store) => Result): Promise<Awaited<Result>> {
  const made = await make()
  const stores: readonly Store[] = 'read' in made ? [made] : made
  try {
    return await use(stores[0]!)
  } finally {
    for (const store of stores) await store.close()
  }
}

async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`The server did not answer within ${ms / 1000} s.`)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
