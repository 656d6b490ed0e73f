import type { Operation } from './history.ts'
import type { Model } from './linearize.ts'

/** One kept value: the last that was put, until somebody takes it. */
export const keptModel: Model<string | null, Operation> = {
  start: null,
  step(state, operation) {
    if (operation.method === 'put') return { state: operation.value, answer: undefined }
    if (operation.method === 'take') return { state: null, answer: state }
    throw new TypeError(`A kept value has no ${operation.method}.`)
  },
  keyOf: (state) => JSON.stringify(state),
  // What `put` resolves with is nobody's business.
  agrees: (given, modelled) => modelled === undefined || given === modelled,
}
