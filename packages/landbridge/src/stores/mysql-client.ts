/** What the MySQL store asks of `mysql2`. */

export type Value = string | number | Buffer | null

interface Executor {
  execute(query: { sql: string; rowsAsArray: true }, values: Value[]): Promise<readonly [unknown, unknown]>
}

/** A pool of `mysql2/promise`. */
export interface MySqlPool extends Executor {
  query(sql: string, values?: Value[]): Promise<readonly [unknown, unknown]>
  getConnection(): Promise<MySqlConnection>
}

interface MySqlConnection extends Executor {
  beginTransaction(): Promise<unknown>
  commit(): Promise<unknown>
  rollback(): Promise<unknown>
  release(): void
  destroy(): void
}

interface Statements {
  select(sql: string, values: Value[]): Promise<readonly (readonly unknown[])[]>
  /** How many rows it wrote. */
  write(sql: string, values: Value[]): Promise<number>
}

export interface Connection extends Statements {
  /** All of it or, where the work resolves to `false`, nothing. */
  atomically(work: (statements: Statements) => Promise<boolean>): Promise<boolean>
  /** Without preparing it: for lists of varying length. */
  writeOnce(sql: string, values: Value[]): Promise<number>
}

const DEADLOCK = 1213
const TRIES = 5

export function connectionOf(pool: MySqlPool): Connection {
  return {
    ...statementsOver(pool),
    writeOnce: (sql, values) => afterDeadlock(async () => affected((await pool.query(sql, values))[0])),
    atomically: (work) => afterDeadlock(() => transaction(pool, work)),
  }
}

function statementsOver(executor: Executor): Statements {
  return {
    select: async (sql, values) => (await executor.execute({ sql, rowsAsArray: true }, values))[0] as unknown[][],
    write: (sql, values) => afterDeadlock(async () => affected((await executor.execute({ sql, rowsAsArray: true }, values))[0])),
  }
}

const affected = (result: unknown): number => (result as { affectedRows: number }).affectedRows

async function transaction(pool: MySqlPool, work: (statements: Statements) => Promise<boolean>): Promise<boolean> {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const { select } = statementsOver(connection)
    // A deadlock has ended the transaction: it has to begin anew as a whole.
    const write: Statements['write'] = async (sql, values) => affected((await connection.execute({ sql, rowsAsArray: true }, values))[0])
    const done = await work({ select, write })
    await (done ? connection.commit() : connection.rollback())
    connection.release()
    return done
  } catch (error) {
    await connection.rollback().then(
      () => connection.release(),
      () => connection.destroy(),
    )
    throw error
  }
}

/** InnoDB ends one of two transactions that wait for each other: nothing of it was written, and it may try again. */
async function afterDeadlock<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if ((error as { errno?: number }).errno !== DEADLOCK || tries === TRIES) throw error
    }
  }
}
