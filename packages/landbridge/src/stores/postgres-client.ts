/** What the PostgreSQL store asks of a driver, over either of the two that applications use. */
import { keepListening } from './postgres-listen.ts'
import type { Statement } from './postgres-statements.ts'

export type Value = string | Buffer | null
/** All columns as the texts that PostgreSQL writes. */
export type SqlRow = readonly (string | null)[]

interface PgQuery {
  name?: string
  text: string
  values: unknown[]
  rowMode: 'array'
  types: { getTypeParser(): (text: string) => unknown }
}

/** A `Pool` or a connected `Client` of `pg`. */
export interface Pg {
  query(query: PgQuery): Promise<{ rows: unknown[][] }>
  query(text: string): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  listenerCount(event: string): number
}

/** A `Pool` of `pg`. */
export interface PgPool extends Pg {
  readonly totalCount: number
  connect(): Promise<PgPoolClient>
}

interface PgPoolClient {
  query(text: string): Promise<unknown>
  on(event: 'notification', listener: (message: { payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'end', listener: () => void): unknown
  release(destroy: boolean): void
}

/** What `postgres()` of the package of that name returns. */
export interface PostgresJs {
  unsafe(text: string, values?: (string | Buffer | null)[], options?: { prepare?: boolean }): PostgresJsQuery
  listen(channel: string, told: (message: string) => void, listening: () => void): Promise<{ unlisten(): Promise<void> }>
}

interface PostgresJsQuery extends PromiseLike<unknown> {
  values(): PromiseLike<unknown[][]>
}

export type Listen = (channel: string, told: (message: string | null) => void) => Promise<() => Promise<void>>

export interface Connection {
  run(statement: Statement, values: Value[]): Promise<readonly SqlRow[]>
  /** Several statements at once, as one transaction. */
  script(text: string): Promise<void>
}

export const connectionOf = (client: Pg | PostgresJs, prepare: boolean): Connection =>
  'unsafe' in client ? overPostgresJs(client, prepare) : overPg(client, prepare)

const asText = { getTypeParser: () => (text: string) => text }

function overPg(client: Pg, prepare: boolean): Connection {
  // Without a listener the loss of an idle connection would end the process; the queries that fail tell of it.
  if (client.listenerCount('error') === 0) client.on('error', ignore)
  return {
    async run({ name, text }, values) {
      const query: PgQuery = { text, values, rowMode: 'array', types: asText }
      if (prepare) query.name = name
      return (await client.query(query)).rows as SqlRow[]
    },
    async script(text) {
      await client.query(text)
    },
  }
}

function overPostgresJs(sql: PostgresJs, prepare: boolean): Connection {
  const options = { prepare }
  return {
    run: async ({ text }, values) => (await sql.unsafe(text, values, options).values()) as unknown as SqlRow[],
    async script(text) {
      await sql.unsafe(text)
    },
  }
}

/** `null` where there is no connection that could be kept for it. */
export function listenOf(client: Pg | PgPool | PostgresJs): Listen | null {
  if ('unsafe' in client) return (channel, told) => listenOver(client, channel, told)
  return 'totalCount' in client ? (channel, told) => keepListening(client, channel, told) : null
}

/**
 * This driver never forgets who wanted to listen: it tries again by itself, also after a failure, and then tells everybody who ever asked.
 * So it is asked once, and waited for as long as it takes.
 */
async function listenOver(client: PostgresJs, channel: string, told: (message: string | null) => void): Promise<() => Promise<void>> {
  const first = Promise.withResolvers<void>()
  let stopped = false
  const tell = (message: string | null): void => {
    if (!stopped) told(message)
  }
  const listening = client.listen(
    channel,
    (message) => tell(message || null),
    () => {
      tell(null)
      first.resolve()
    },
  )
  listening.catch(ignore)
  await first.promise
  return async () => {
    stopped = true
    const { unlisten } = await listening.catch(() => ({ unlisten: async () => undefined }))
    await unlisten()
  }
}

const ignore = (): void => undefined
