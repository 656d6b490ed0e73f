import { startPostgres } from '../../test/support/servers/postgres.ts'
import { startRedis } from '../../test/support/servers/redis.ts'

/** Which servers a subject needs stands in its name. */
const SERVERS = [
  { needed: 'redis', variable: 'LANDBRIDGE_REDIS_URL', start: () => startRedis({ args: ['--appendonly', 'no'] }) },
  { needed: 'postgres', variable: 'LANDBRIDGE_POSTGRES_URL', start: () => startPostgres() },
]

/** Starts the servers that the subjects need, and names them in the environment. What is named there already is used as it is. */
export async function startServers(names: readonly string[]): Promise<() => Promise<void>> {
  const needed = SERVERS.filter((each) => names.some((name) => name.includes(each.needed)))
  const servers = await Promise.all(
    needed.map(async ({ variable, start }) => {
      const server = await start()
      process.env[variable] = server.url
      return server
    }),
  )
  return async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
}
