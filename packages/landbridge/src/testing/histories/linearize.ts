/** What an object does when it is alone: a call at a time. States are never changed, each step makes a new one. */
export interface Model<State, Operation> {
  readonly start: State
  step(state: State, operation: Operation): { readonly state: State; readonly answer: unknown }
  /** The same text for the same state, and for no other. */
  keyOf(state: State): string
  /** Whether an answer that a store gave is the answer of the model. */
  agrees(given: unknown, modelled: unknown): boolean
}

interface Timed<Operation> {
  readonly operation: Operation
  readonly invoked: number
  /** `Infinity`: it may have happened at any time after it was invoked, or never. */
  readonly answered: number
  readonly answer: unknown
}

/** A set of calls that took effect, together with the state that they led to: it need not be tried twice. */
type Tried = Set<string>

/**
 * Whether the calls have an order that explains every answer: each takes effect at one moment between its invocation and its answer,
 * one after the other, as in the model. That is what "each method is atomic" means to those who see only calls and answers.
 *
 * The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
 * linearizability", 2017): of the calls that nothing has to come before, try each that the model answers alike, and go on from there;
 * what led nowhere once is not tried again. Its time grows with how many calls overlap, not with how many there are.
 */
export function isLinearizable<State, Operation>(model: Model<State, Operation>, calls: readonly Timed<Operation>[]): boolean {
  const inOrder = calls.toSorted((a, b) => a.invoked - b.invoked)
  return explain(model, inOrder, 0n, model.start, new Set())
}

function explain<State, Operation>(
  model: Model<State, Operation>,
  calls: readonly Timed<Operation>[],
  done: bigint,
  state: State,
  tried: Tried,
): boolean {
  const left = [...calls.keys()].filter((index) => !isIn(done, index))
  const firstAnswer = left.reduce((first, index) => Math.min(first, calls[index]!.answered), Infinity)
  if (firstAnswer === Infinity) return true // What is left may never have happened.
  for (const index of left) {
    const { operation, invoked, answered, answer } = calls[index]!
    if (invoked > firstAnswer) break // It began when another had ended that has not been placed yet.
    const step = model.step(state, operation)
    if (answered !== Infinity && !model.agrees(answer, step.answer)) continue
    const after = done | (1n << BigInt(index))
    const reached = model.keyOf(step.state)
    // What may never have happened and changes nothing might as well not have.
    if (answered === Infinity && reached === model.keyOf(state)) continue
    const key = `${after}|${reached}`
    if (tried.has(key)) continue
    if (explain(model, calls, after, step.state, tried)) return true
    tried.add(key)
  }
  return false
}

const isIn = (set: bigint, index: number): boolean => ((set >> BigInt(index)) & 1n) === 1n

/** The shortest beginning of the calls, by their answers, that has no such order: the last of them is the one that surprises. */
export function shortestUnexplained<Call extends Timed<unknown>>(
  calls: readonly Call[],
  isExplained: (calls: readonly Call[]) => boolean,
): readonly Call[] {
  const moments = calls.flatMap(({ answered }) => (answered === Infinity ? [] : [answered])).toSorted((a, b) => a - b)
  for (const moment of moments) {
    // What had begun by then may have had an effect, though its answer had not been seen.
    const begun = calls.filter(({ invoked }) => invoked < moment)
    const seen = begun.map((call) => (call.answered <= moment ? call : { ...call, answered: Infinity }))
    if (!isExplained(seen)) return begun
  }
  return calls
}
