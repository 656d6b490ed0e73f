import type { PgPool } from './postgres-client.ts'

/** How long to wait before another try, by how many failed before it. */
const AGAIN_MS = [0, 50, 200, 500]

/** Holds one connection of the pool that listens to a channel, and takes another one when that is lost. */
export async function keepListening(pool: PgPool, channel: string, told: (message: string | null) => void): Promise<() => Promise<void>> {
  let stopped = false
  let release: () => boolean = () => false
  let timer: NodeJS.Timeout | undefined

  const listen = async (): Promise<void> => {
    const client = await pool.connect()
    let held = true
    const mine = (): boolean => {
      if (!held) return false
      held = false
      client.release(true)
      return true
    }
    const lost = (): void => {
      if (mine()) again(0)
    }
    client.on('error', lost)
    client.once('end', lost)
    client.on('notification', ({ payload }) => told(payload || null))
    try {
      await client.query(`LISTEN "${channel}"`)
    } catch (error) {
      mine()
      throw error
    }
    release = mine
    if (stopped) mine()
    else if (held) told(null)
  }

  const again = (failures: number): void => {
    if (stopped) return
    timer = setTimeout(() => void listen().catch(() => again(failures + 1)), AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]).unref()
  }

  await listen()
  return async () => {
    stopped = true
    clearTimeout(timer)
    release()
    await Promise.resolve()
  }
}
