import type { CacheLayer } from './cached-layer.ts'

export type { CacheLayer } from './cached-layer.ts'

/** A client of `memcache`: `new Memcache('localhost:11211')`. */
export interface MemcachedClient {
  gets(keys: string[]): Promise<ReadonlyMap<string, string>>
  set(key: string, value: string, exptime: number): Promise<boolean>
}

export interface MemcachedOptions {
  /** What all keys begin with. Default `lb:`. Applications that share a Memcached need one each. */
  readonly prefix?: string
}

/**
 * Memcached as the layer that near caches of several processes share: `cached(store, { layer: memcached(client) })`. The client stays the
 * application's. It is a cache and never the source of truth: Memcached may forget everything at any time. Whoever can write to it can
 * make sessions up, so guard it like the store.
 */
export function memcached(client: MemcachedClient, { prefix = 'lb:' }: MemcachedOptions = {}): CacheLayer {
  return {
    async get(keys) {
      const found = await client.gets(keys.map((key) => prefix + key))
      return new Map([...found].map(([key, text]) => [key.slice(prefix.length), text]))
    },

    async set(key, text, seconds) {
      if (await client.set(prefix + key, text, seconds)) return
      // A client that lost its connection opens it again for a `gets` only.
      await client.gets([prefix + key])
      if (!(await client.set(prefix + key, text, seconds))) throw new Error('Memcached did not keep a value.')
    },
  }
}
