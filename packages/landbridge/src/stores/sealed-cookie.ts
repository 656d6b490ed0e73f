import type { CarriedStore, Carrier } from '../core/carried.ts'
import { Faults, LandbridgeError, show, storeError } from '../core/errors.ts'
import { usableKeys } from '../core/keys.ts'
import type { Store } from '../core/store.ts'
import type { SessionId } from '../core/types.ts'
import { CHUNKS_LIMIT } from './sealed/chunks.ts'
import { moveOn } from './sealed/epochs.ts'
import { SealedRequest } from './sealed/request.ts'
import { sealWith } from './sealed/seal.ts'

export interface SealedCookieOptions {
  /** Secrets of 32 or more characters. The first one seals, all of them open, so that a key can be replaced without signing anybody out. */
  readonly keys: readonly string[]
  /**
   * A small store for the numbers that end sessions before their time: `revokeAccount` and `revokeAll` need it. It is read once at each
   * request that touches its session, for everybody and for each account at the same time; while it is down no session opens.
   */
  readonly epochs?: Store
  /**
   * How many cookies of 3600 characters a session may take, 1 to 4. Default 2, which hold about 5 kB of values: many proxies take a
   * Cookie header of 8 kB and no more. Four of them need 16 kB.
   */
  readonly chunks?: number
}

export interface SealedCookieStore extends Store {
  /** Ends all sessions of everybody. Throws `ERR_STORE_INCAPABLE` without `epochs`, `ERR_STORE_UNAVAILABLE` when that store fails. */
  revokeAll(): Promise<void>
}

const DEFAULT_CHUNKS = 2

/**
 * Keeps each session in the browser's own cookies, sealed with AES-256-GCM for its scope: no server-side store, and no way to reach a
 * session from the server either. Read docs/sealed-cookie.md first: whoever kept an old cookie has the old session, a sign-out
 * included, until its idle end or an epoch. Throws `ERR_CONFIG_INVALID`.
 */
export function sealedCookie(options: SealedCookieOptions): SealedCookieStore {
  const { keys, epochs, chunks } = compile(options)
  const sealing = { seal: sealWith(keys), chunks, hasEpochs: epochs !== null }

  return {
    name: 'sealed-cookie',
    lacks: ['take', 'accounts'],

    forRequest(carrier: Carrier, kept: Store): CarriedStore {
      return new SealedRequest(sealing, carrier, kept)
    },

    // What is left of the contract is about what is kept on a server: epochs.
    read: (id, scope) => epochs?.read(id, scope) ?? null,
    create: (session) => given(epochs, 'epochs').create(session),
    update: (id, scope, delta, now) => given(epochs, 'epochs').update(id, scope, delta, now),
    sweep: (now, limit) => epochs?.sweep(now, limit) ?? 0,
    ping: () => epochs?.ping(),
    close: () => epochs?.close(),

    async revokeAccount(account: string, except?: SessionId) {
      await moveOn(given(epochs, 'revokeAccount'), account, except ?? null)
      // Nobody knows how many there were.
      return 0
    },
    async revokeAll() {
      const kept = given(epochs, 'revokeAll')
      await moveOn(kept, null, null).catch((cause: unknown) => {
        throw storeError(cause)
      })
    },

    renew: () => incapable('renew'),
    attach: () => incapable('attach'),
    revoke: () => incapable('revoke', USE_EPOCHS),
    wasRenewed: () => false,
    handlesOf: () => incapable('handlesOf', 'Use session.handles() within a request of that browser.'),
    put: () => incapable('put'),
    take: () => incapable('take'),
    sessionsOf: () => incapable('sessionsOf', 'Keep a list of sign-ins in the application: subscribe to account.signed-in.'),
  }
}

const USE_EPOCHS = 'Use revokeAccount, which ends all sessions of an account: give sealedCookie({ epochs }) a store for it.'

function given(epochs: Store | null, method: string): Store {
  return epochs ?? incapable(method, 'Give it a store for the epochs: sealedCookie({ keys, epochs: sqlite("epochs.db") }).')
}

function incapable(method: string, hint = 'Use a store on the server, such as sqlite from landbridge/sqlite.'): never {
  throw new LandbridgeError(
    'ERR_STORE_INCAPABLE',
    `${method} cannot work where sessions are kept in cookies: the server has no list of them.`,
    {
      hint,
    },
  )
}

const OPTIONS = ['keys', 'epochs', 'chunks']

function compile(options: SealedCookieOptions): { keys: readonly string[]; epochs: Store | null; chunks: number } {
  const faults = new Faults()
  faults.addUnknown(options, OPTIONS)
  const { keys, epochs = null, chunks = DEFAULT_CHUNKS } = options ?? {}
  const usable = usableKeys(keys, faults)
  if (!(Number.isInteger(chunks) && chunks >= 1 && chunks <= CHUNKS_LIMIT)) {
    faults.add('chunks-invalid', 'chunks', `${show(chunks)} is no number of cookies.`, `Write a whole number from 1 to ${CHUNKS_LIMIT}.`)
  }
  if (epochs !== null && (typeof epochs.read !== 'function' || epochs.forRequest !== undefined)) {
    faults.add(
      'epochs-invalid',
      'epochs',
      'Epochs have to be kept on the server, in a store.',
      `Write epochs: sqlite('epochs.db'), with sqlite from 'landbridge/sqlite'.`,
    )
  }
  faults.throwIfAny('sealedCookie')
  return { keys: usable, epochs, chunks }
}
