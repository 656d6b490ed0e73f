/** One way to get from the headers of a request to one key of its session. */
export interface Contestant {
  readonly name: string
  /** Makes the inputs of a batch, outside the measured time: what a server has in hand before any session. */
  prepare(): unknown
  /** One request; answers what was read. Each input is used once. */
  run(input: never): unknown
  /** What `run` must answer. */
  readonly expected: unknown
}

/** Keeps `prepare` and `run` of one contestant in step without naming its input anywhere else. */
export function contestant<Input>(parts: {
  name: string
  prepare: () => Input
  run: (input: Input) => unknown
  expected: unknown
}): Contestant {
  return parts
}
