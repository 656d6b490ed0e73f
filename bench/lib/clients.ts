/** The clients of the databases, as their users make them. Which servers they reach, the run has said in the environment. */
import { Redis } from 'ioredis'
import pg from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'

export const ioRedis = (): Redis => new Redis(urlOf('LANDBRIDGE_REDIS_URL'))

export async function nodeRedis() {
  const client = createClient({ url: urlOf('LANDBRIDGE_REDIS_URL') })
  await client.connect()
  return client
}

export const pgPool = (): pg.Pool => new pg.Pool({ connectionString: urlOf('LANDBRIDGE_POSTGRES_URL') })

export const postgresJs = () => postgres(urlOf('LANDBRIDGE_POSTGRES_URL'), { onnotice: () => undefined })

function urlOf(variable: string): string {
  const url = process.env[variable]
  if (!url) throw new Error(`${variable} names no server: start this through bench/run.ts.`)
  return url
}
