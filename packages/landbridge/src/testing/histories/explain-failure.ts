import type { Call, Operation } from './history.ts'
import { shortestUnexplained } from './linearize.ts'

/** What to tell of calls that have no order: how to try again, and the shortest beginning of them that surprises. */
export function explainFailure(
  calls: readonly Call[],
  isExplained: (calls: readonly Call[]) => boolean,
  seed: number,
  now: number,
): string {
  const shown = shortestUnexplained(calls, isExplained)
  const names = namesOf(calls)
  const lines = shown.toSorted((a, b) => a.answered - b.answered).map((call) => `  ${lineOf(call, names, now)}`)
  return [
    `no order of these ${shown.length} calls, one at a time, explains their answers (seed ${seed}).`,
    `Try it again: checkHistories(factory, { seed: ${seed}, rounds: 1 }). The calls by their answers, and when each began and ended:`,
    ...lines,
  ].join('\n')
}

/** Ids as people tell them apart: by the order in which they came up. */
function namesOf(calls: readonly Call[]): ReadonlyMap<string, string> {
  const inOrder = calls.toSorted((a, b) => a.invoked - b.invoked).flatMap(({ operation }) => idsIn(operation))
  return new Map([...new Set(inOrder)].map((id, index) => [id, `#${index + 1}`]))
}

const idsIn = (operation: Operation): readonly string[] => {
  if (!('id' in operation)) return [operation.key]
  return operation.method === 'renew' ? [operation.id, operation.next.id] : [operation.id]
}

function lineOf({ client, operation, invoked, answered, answer }: Call, names: ReadonlyMap<string, string>, now: number): string {
  const { method, ...args } = operation
  const what = `${method} ${shown(args, now)}`
  const text = `${invoked}–${answered === Infinity ? '?' : answered} client ${client}: ${what} → ${answered === Infinity ? 'failed' : shown(answer, now)}`
  return [...names].reduce((line, [id, name]) => line.replaceAll(id, name), text)
}

/** Times as milliseconds after the beginning; of a hash, enough to tell it from the others. */
function shown(value: unknown, now: number): string {
  const text = JSON.stringify(value, (key, each: unknown) => {
    if (each instanceof Map) return Object.fromEntries(each as Map<string, unknown>)
    if (key === 'hash') return String(each).slice(0, 6)
    return typeof each === 'number' && each >= now ? `+${each - now}` : each
  })
  return text ?? 'nothing'
}
