import { postgres, type Pg, type PostgresJs, type PostgresStore } from 'landbridge/postgres'

/** The store over a client, with its tables. */
export async function postgresStore(client: Pg | PostgresJs): Promise<PostgresStore> {
  const store = postgres(client)
  await store.migrate()
  return store
}
