import { hash } from 'node:crypto'
import type { Changed, SessionId, Store } from '../core/store.ts'
import { kinOf } from '../core/handle.ts'
import { KINSHIP } from '../core/store.ts'
import { recordStore } from './record-store.ts'
import type { End, Found, Listing, RecordTable, Swapped } from './record-table.ts'
import type { IoRedis, NodeRedis } from './redis-client.ts'
import { commandsOf } from './redis-client.ts'

export type { IoRedis, NodeRedis } from './redis-client.ts'

export interface RedisOptions {
  /** What all keys begin with. Default `lb:`. */
  readonly prefix?: string
}

/** How long the server keeps what has expired, in milliseconds: a visitor who comes a little late is told so, and clocks differ. */
const LATE_MS = 60_000

/**
 * KEYS: the session, at a renewal also its successor. ARGV: the revision that has to stand there, the new record (empty: none), its time
 * to live in ms (empty: as before), the channel (empty: nobody is told), the id; at a renewal the successor's record and time to live.
 * Where the new record stands already, the client sent this twice: ioredis does, when the connection broke before the reply.
 */
const SWAP = `
local found = redis.call('GET', KEYS[1])
if found == ARGV[2] then return 1 end
if not found or string.sub(found, 2, 5) ~= ARGV[1] then return found end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
elseif ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if KEYS[2] then redis.call('SET', KEYS[2], ARGV[6], 'PX', ARGV[7]) end
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return 1`

/** KEYS: the key. ARGV: what to keep, and for how many ms. */
const KEEP = `return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`

/** KEYS: the session. ARGV: its record, its time to live in ms. Sent twice it is done once, as above. */
const INSERT = `
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') or redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0`

/** KEYS: the account's list. ARGV: an id, until when it can be there, now. What is long over goes, and the list lasts as long as its last id. */
const ENLIST = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', ARGV[3] - ${LATE_MS}))
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last[2] - ARGV[3] + ${LATE_MS}))
return 1`

const UNLIST = `return redis.call('ZREM', KEYS[1], ARGV[1])`
const LIST = `return redis.call('ZRANGE', KEYS[1], 0, -1)`

/**
 * Sessions in Redis 6.2 or later, or in Valkey: a single server, Sentinels or a Cluster, over a connected client of `ioredis` or `redis`,
 * which stays the application's. A read is one GET, a change one script. The server itself removes what expired: it must not evict
 * (`maxmemory-policy noeviction`), and how much a crash of it costs is what its `appendfsync` says.
 */
export function redis(client: IoRedis | NodeRedis, { prefix = 'lb:' }: RedisOptions = {}): Store {
  return recordStore(redisTable(client, prefix))
}

function redisTable(client: IoRedis | NodeRedis, prefix: string): RecordTable {
  const commands = commandsOf(client)
  const channel = `${prefix}changed`
  /** The ids of a session begin alike however often it was renewed: in a Cluster, what stands in braces decides on the slot. */
  const keyOf = (id: SessionId): string => `${prefix}{${kinOf(id)}}${id.slice(KINSHIP)}`
  const listOf = (account: string): string => `${prefix}a:${JSON.stringify(account)}`
  const keptOf = (key: string): string => `${prefix}k:${JSON.stringify(key)}`
  let wasReady = false

  /**
   * A client that lost its server would keep commands in a queue, and carry them out when nobody waits for them any more. Before it was
   * ever connected it may: a lazy one connects because of them.
   */
  const connected = async <Result>(send: () => Promise<Result>): Promise<Result> => {
    const isReady = commands.ready()
    wasReady ||= isReady
    if (wasReady && !isReady) throw new Error('The Redis client has lost its connection.')
    return send()
  }

  const run = (script: Script, keys: string[], args: (string | Buffer)[]): Promise<unknown> =>
    connected(() =>
      commands.runLoaded(script.sha, keys, args).catch((error: unknown) => {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
        return commands.run(script.text, keys, args)
      }),
    )

  const get = (id: SessionId): Promise<Buffer | null> => connected(() => commands.get(keyOf(id)))

  /** In a Cluster only of ids that lie in one slot. */
  const getMany = (ids: readonly SessionId[]): Promise<(Buffer | null)[]> => connected(() => commands.getMany(ids.map(keyOf)))

  const swap = async (found: Found, keys: string[], args: (string | Buffer)[]): Promise<Swapped> => {
    const reply = await run(SCRIPTS.swap, keys, [found.revision, ...args])
    return isOne(reply) ? true : (reply as Buffer | null)
  }

  const enlist = (id: SessionId, { accounts, until }: Listing, now: number): Promise<unknown> =>
    Promise.all(accounts.map((account) => run(SCRIPTS.enlist, [listOf(account)], [id, String(until), String(now)])))

  /** Ids that lead nowhere do no harm, so that a list that cannot be reached is none of the caller's business. */
  const unlist = (id: SessionId, accounts: readonly string[]): Promise<unknown> =>
    Promise.allSettled(accounts.map((account) => run(SCRIPTS.unlist, [listOf(account)], [id])))

  return {
    name: 'redis',
    expiry: 'system',
    load: get,
    ...(commands.isSpread ? {} : { loadMany: getMany }),

    async insert({ id, record, end }, listing) {
      await enlist(id, listing, end.now)
      const inserted = await run(SCRIPTS.insert, [keyOf(id)], [record, timeToLive(end)])
      if (!isOne(inserted)) throw new Error('A session with this id exists already.')
    },

    replace: (found, { record, end }, visible) =>
      swap(found, [keyOf(found.id)], [record, end === null ? '' : timeToLive(end), visible ? channel : '', found.id]),

    async succeed(found, trace, next, listing) {
      await enlist(next.id, listing, next.end.now)
      const keys = [keyOf(found.id), keyOf(next.id)]
      const rest = [next.record, timeToLive(next.end)]
      const swapped = await swap(found, keys, [trace.record, timeToLive(trace.end), channel, found.id, ...rest])
      if (swapped === true) await unlist(found.id, found.accounts)
      return swapped
    },

    async remove(found) {
      const swapped = await swap(found, [keyOf(found.id)], ['', '', channel, found.id])
      if (swapped === true) await unlist(found.id, found.accounts)
      return swapped
    },

    async loadOf(account) {
      const ids = ((await run(SCRIPTS.list, [listOf(account)], [])) as Buffer[]).map((id) => id.toString('latin1') as SessionId)
      // The ids of one session lie in one slot, and are seen at one moment.
      const kin = [...Map.groupBy(ids, kinOf).values()]
      const rows = await Promise.all(kin.map(async (each) => zip(each, await getMany(each))))
      return rows.flat().filter((row): row is readonly [SessionId, Buffer] => row[1] !== null)
    },

    async put(key, value, end) {
      await run(SCRIPTS.keep, [keptOf(key)], [`${end.at}:${value}`, timeToLive(end)])
    },

    async take(key, now) {
      const kept = (await connected(() => commands.getDelete(keptOf(key))))?.toString()
      const colon = kept?.indexOf(':') ?? 0
      return kept !== undefined && Number(kept.slice(0, colon)) > now ? kept.slice(colon + 1) : null
    },

    sweep: () => Promise.resolve(0),

    async ping() {
      await connected(() => commands.get(`${prefix}ping`))
    },

    close: () => Promise.resolve(),
    watch: (changed: Changed) => commands.subscribe(channel, (message) => changed(message as SessionId | null)),
  }
}

interface Script {
  readonly text: string
  readonly sha: string
}

const scriptOf = (text: string): Script => ({ text, sha: hash('sha1', text) })
const SCRIPTS = {
  swap: scriptOf(SWAP),
  keep: scriptOf(KEEP),
  insert: scriptOf(INSERT),
  enlist: scriptOf(ENLIST),
  unlist: scriptOf(UNLIST),
  list: scriptOf(LIST),
}

/** With `stringNumbers`, ioredis answers with a text. */
const isOne = (reply: unknown): boolean => reply === 1 || reply === '1'

const zip = <A, B>(left: readonly A[], right: readonly B[]): (readonly [A, B])[] => left.map((each, index) => [each, right[index]!])

const timeToLive = ({ at, now }: End): string => String(Math.max(0, at - now) + LATE_MS)
