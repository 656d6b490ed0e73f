/**
 * Walks through every state of a model, breadth first, so that the first state that breaks an invariant is also the nearest one.
 * Only the states of the current and the next depth are kept; of the others their key and the way to them, as the numbers of the steps
 * taken. A trace is made by walking that way again.
 */

/** One thing that may happen next. `next` is `null` when the request was refused and nothing changed. */
export interface Step<State> {
  readonly kind: string
  /** The step in words; made only for a trace. */
  readonly tell: () => string
  readonly next: State | null
}

export interface Model<State> {
  readonly initial: State
  /** Everything that may happen in a state, always in the same order. */
  readonly stepsFrom: (state: State) => readonly Step<State>[]
  /** The same text for states that are the same, and for no others. */
  readonly keyOf: (state: State) => string
  /** What is wrong with a state, in words, or `null`. */
  readonly faultOf: (state: State) => string | null
}

export interface Exploration {
  /** Different states found. */
  readonly states: number
  /** Steps that changed something, those to known states included. */
  readonly transitions: number
  /** The longest of the shortest ways from the beginning to a state. */
  readonly depth: number
  /** How often each kind of step changed something, and how often it was refused. */
  readonly changed: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
  /** `null` when every state was found to be good. */
  readonly attack: Attack | null
}

export interface Attack {
  readonly fault: string
  /** The shortest way to the fault, a sentence for each step. */
  readonly trace: readonly string[]
}

/** Throws when there are more than `limit` states: an exploration that stopped half-way would prove nothing. */
export function explore<State>(model: Model<State>, limit = 2_000_000): Exploration {
  const seen = new Set([model.keyOf(model.initial)])
  const way: Way = { parents: [-1], ordinals: [-1] }
  const changed = new Map<string, number>()
  const refused = new Map<string, number>()
  let transitions = 0
  let depth = 0
  let attack = attackAt(model, model.initial, way, 0)
  let level: [number, State][] = [[0, model.initial]]

  while (level.length > 0 && attack === null) {
    const following: [number, State][] = []
    for (const [index, state] of level) {
      for (const [ordinal, { kind, next }] of model.stepsFrom(state).entries()) {
        const counts = next === null ? refused : changed
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
        if (next === null) continue
        transitions += 1
        const key = model.keyOf(next)
        if (seen.has(key)) continue
        seen.add(key)
        if (seen.size > limit) throw new Error(`More than ${limit} states: choose smaller bounds.`)
        const number = way.parents.push(index) - 1
        way.ordinals.push(ordinal)
        following.push([number, next])
        attack ??= attackAt(model, next, way, number)
      }
      if (attack !== null) break
    }
    if (following.length > 0) depth += 1
    level = following
  }
  return { states: seen.size, transitions, depth, changed, refused, attack }
}

/** How each state was first come to: from which one, and by which of its steps. */
interface Way {
  readonly parents: number[]
  readonly ordinals: number[]
}

function attackAt<State>(model: Model<State>, state: State, way: Way, number: number): Attack | null {
  const fault = model.faultOf(state)
  return fault === null ? null : { fault, trace: traceTo(model, way, number) }
}

function traceTo<State>(model: Model<State>, { parents, ordinals }: Way, end: number): string[] {
  const taken: number[] = []
  for (let at = end; at > 0; at = parents[at]!) taken.unshift(ordinals[at]!)
  let state = model.initial
  return taken.map((ordinal) => {
    const { tell, next } = model.stepsFrom(state)[ordinal]!
    state = next!
    return tell()
  })
}
