/** MariaDB. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createConnection } from 'mysql2/promise'
import type { Server } from './process.ts'
import { runAs, serverOf, startServer, whyMissing } from './process.ts'

const MARIADB = process.env['LANDBRIDGE_MARIADB'] || '/usr/sbin/mariadbd'
const USER = 'nobody'
const NAME = 'landbridge'
const PASSWORD = 'only-for-tests'

/** Why the server cannot be had here; `null` where it can. */
export const missingMariaDb: string | null = whyMissing('MariaDB', MARIADB, 'mariadb-server-core', 'LANDBRIDGE_MARIADB_URL')

export interface MariaDbOptions {
  /** `false`: a commit does not wait for the disk, for tests that write a lot. What was committed survives `kill` all the same. */
  readonly fsync?: boolean
  /** Settings as on the command line, `['--max-connections=20']`. */
  readonly args?: readonly string[]
}

export async function startMariaDb(options: MariaDbOptions = {}): Promise<Server> {
  return serverOf('LANDBRIDGE_MARIADB_URL') ?? (await startOwn(options))
}

function startOwn({ fsync = true, args = [] }: MariaDbOptions): Promise<Server> {
  return startServer(USER, ({ port, folder }) => {
    const data = join(folder, 'data')
    const url = `mysql://${NAME}:${PASSWORD}@127.0.0.1:${port}/${NAME}`
    const engine = ['--innodb-log-file-size=32M', '--innodb-buffer-pool-size=64M', `--innodb-flush-log-at-trx-commit=${fsync ? 1 : 2}`]
    return {
      command: MARIADB,
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        `--socket=${join(folder, 'mariadb.sock')}`,
        `--pid-file=${join(folder, 'mariadb.pid')}`,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        '--skip-name-resolve',
        ...engine,
        ...args,
      ],
      url,
      prepare: () => initialise(data, engine),
      answers: async () => {
        const connection = await createConnection({ uri: url, connectTimeout: 2000 })
        try {
          await connection.query('SELECT 1')
        } finally {
          connection.destroy()
        }
      },
    }
  })
}

/** The system's tables as `mariadb-install-db` makes them, and one user in place of its own. */
async function initialise(data: string, engine: readonly string[]): Promise<void> {
  const tables = readFileSync(join(dirname(MARIADB), '../share/mysql/mysql_system_tables.sql'), 'utf8')
  const sql = [
    'CREATE DATABASE mysql;',
    'USE mysql;',
    tables,
    `CREATE DATABASE ${NAME} CHARACTER SET utf8mb4;`,
    'FLUSH PRIVILEGES;',
    `CREATE USER '${NAME}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';`,
    `GRANT ALL ON ${NAME}.* TO '${NAME}'@'127.0.0.1';`,
    '',
  ]
  await runAs(USER, 'mkdir', [data])
  await runAs(USER, MARIADB, ['--no-defaults', '--bootstrap', `--datadir=${data}`, '--skip-networking', ...engine], sql.join('\n'))
}
