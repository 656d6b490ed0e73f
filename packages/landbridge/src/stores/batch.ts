/** More would make everybody wait for the slowest of many. */
const LIMIT = 128

interface Batch<Key, Value> {
  readonly keys: Key[]
  readonly values: Promise<readonly Value[]>
}

/**
 * Asks for everything that is wanted in one turn of the event loop at once: under load a question to a database costs a process far
 * more than the answer does. A question alone leaves at the end of the same turn. `loadMany` answers in the order of the keys.
 */
export function batched<Key, Value>(loadMany: (keys: readonly Key[]) => Promise<readonly Value[]>): (key: Key) => Promise<Value> {
  let open: Batch<Key, Value> | null = null

  const begin = (): Batch<Key, Value> => {
    const keys: Key[] = []
    const values = new Promise<readonly Value[]>((resolve, reject) => {
      setImmediate(() => {
        if (open?.keys === keys) open = null
        // Also a failure at once is the waiters' business: thrown here, it would end the process.
        const values = async (): Promise<readonly Value[]> => loadMany(keys)
        values().then(resolve, reject)
      })
    })
    return { keys, values }
  }

  return async (key) => {
    const batch = (open ??= begin())
    const at = batch.keys.push(key) - 1
    if (batch.keys.length >= LIMIT) open = null
    return (await batch.values)[at]!
  }
}
