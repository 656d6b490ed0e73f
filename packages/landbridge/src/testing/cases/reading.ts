import assert from 'node:assert/strict'
import type { Account, NewSession, Scope, SessionId, Store } from '../../core/store.ts'
import { entriesOf, valueOf } from '../../core/store.ts'
import { assertLists, readLive } from '../checks.ts'
import { lacks } from '../lacking.ts'
import { ELMER, FUDD, HOUR, newAccount, newDelta, newHandle, newId, newSession, newSuccessor, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { storeCase } from '../store-case.ts'

/** Keys and texts that a driver, an encoding or an object used as a map would damage. */
const HARD_TEXTS = ['', '__proto__', 'constructor', 'a\nb', 'a\u0000b', '"', '\\', `';--`, 'ž😀', '\u2028', '\ufeff', '\ud800', 'x\udc00y']

/** Ids and scopes that no cookie or host could have. */
const MALFORMED = ['', '\u0000', 'a\u0000b', '"', `' OR 1=1 --`, '\n', 'ž😀', '\ufffd', '\ud800', '*', '../..', 'x'.repeat(100_000)]

async function assertReadsBack(store: Store, { handle, ...session }: NewSession): Promise<void> {
  assert.deepEqual(await store.read(session.id, handle.scope), { ...session, handle })
  assert.deepEqual(await store.handlesOf(session.id), [handle])
}

async function assertNobody(store: Store, id: SessionId, scope: Scope, now: number): Promise<void> {
  const successor = newSuccessor(now)
  assert.equal(await store.read(id, scope), null)
  assert.equal(await store.update(id, scope, newDelta(now, { cart: '1' }), now), 'gone')
  assert.equal(await store.renew(id, scope, successor, now), 'gone')
  assert.equal(await store.attach(id, scope, newHandle(now), now, now), 'gone')
  assert.equal(await store.read(successor.id, scope), null)
  assert.deepEqual(await store.handlesOf(id), [])
  assert.equal(await store.revoke(id, scope), false)
  assert.equal(await store.revoke(id), false)
}

export const readingCases: readonly StoreCase[] = [
  storeCase('what stands with an account is kept, whatever it is called', async ({ store, other, now }) => {
    const ann = {
      ...newAccount(now),
      auth: 'xYz-_0123456789abcdefg',
      remembered: true,
      'a later name': { 'and\n': [1, null, 'ß'] },
    } as Account
    const session = newSession(now, { accounts: [ann, newAccount(now)] })
    await store.create(session)
    assert.deepEqual((await other.read(session.id, ELMER))?.accounts, session.accounts)
    const next = newSuccessor(now, { accounts: session.accounts })
    await store.renew(session.id, ELMER, next, now)
    await store.update(next.id, ELMER, newDelta(now, { cart: '1' }), now)
    assert.deepEqual((await other.read(next.id, ELMER))?.accounts, session.accounts)
  }),

  storeCase('a store has a name, answers a ping, and can be closed twice', async ({ store }) => {
    assert.notEqual(store.name, '')
    await store.ping()
    await store.close()
    await store.close()
  }),

  storeCase('a session that was never created is nobody, to every method', async ({ store, now }) => {
    await assertNobody(store, newId(), ELMER, now)
  }),

  storeCase('a session reads back exactly as it was created', async ({ store, now }) => {
    const session = newSession(now, {
      createdAt: now - 5,
      expiresAt: now + 9 * HOUR,
      accounts: [newAccount(now - 3)],
      values: textOf({ theme: '"dark"' }),
      handle: {
        createdAt: now - 4,
        seenAt: now - 2,
        expiresAt: now + HOUR - 1,
        values: textOf({ cart: '["a",{"b":null}]', n: '-0.5e10' }),
      },
    })
    await store.create(session)
    await assertReadsBack(store, session)
  }),

  storeCase('what one connection created, the other one reads', async ({ store, other, now }) => {
    const session = newSession(now, { accounts: [newAccount(now)] })
    await store.create(session)
    await assertReadsBack(other, session)
  }),

  storeCase('an empty session without account or values reads back', async ({ store, now }) => {
    const session = newSession(now)
    await store.create(session)
    await assertReadsBack(store, session)
  }),

  storeCase('any text may be a key, a value or the id of an account', async ({ store, now }) => {
    const entries = HARD_TEXTS.map((text): [string, string] => [text, JSON.stringify([text])])
    const text = entries.map(([key, json]) => `\n${JSON.stringify(key)}:${json}`).join('')
    const accounts = HARD_TEXTS.map((id): Account => ({ id, signedInAt: now }))
    const session = newSession(now, { accounts, values: text, handle: { values: text } })
    await store.create(session)
    await assertReadsBack(store, session)
    assert.deepEqual(entriesOf((await readLive(store, session.id, ELMER, now)).values), entries)
  }),

  storeCase('64 k characters of values read back from either place', async ({ store, now }) => {
    const values = textOf({ ascii: JSON.stringify('x'.repeat(32_768)), wide: JSON.stringify('ž'.repeat(32_768)) })
    const session = newSession(now, { values, handle: { values } })
    await store.create(session)
    await assertReadsBack(store, session)
  }),

  storeCase('a handle is found under its own scope only', async ({ store, now }) => {
    const session = newSession(now, { values: textOf({ theme: '"dark"' }), handle: { values: textOf({ cart: '1' }) } })
    await store.create(session)
    for (const scope of [FUDD, '.acme.example', ELMER.toUpperCase(), `${ELMER}.`, `${ELMER} `, '', '%', '*'] as Scope[]) {
      const read = await store.read(session.id, scope)
      assert.equal(read?.handle, null, `no handle for ${JSON.stringify(scope)}`)
      assert.equal(read.values, session.values)
    }
  }),

  storeCase('an id is found byte for byte only', async ({ store, now }) => {
    const session = newSession(now, { id: `aB${newId().slice(2)}` as SessionId })
    await store.create(session)
    for (const id of [session.id.toUpperCase(), session.id.toLowerCase(), `${session.id} `, session.id.slice(0, -1)] as SessionId[]) {
      if (id !== session.id) assert.equal(await store.read(id, ELMER), null)
    }
  }),

  storeCase('an expired session or handle reads as absent or with its past end', async ({ store, now }) => {
    const ended = newSession(now, { expiresAt: now - 1, handle: { expiresAt: now - 1 } })
    const idle = newSession(now, { handle: { expiresAt: now - 1 } })
    for (const session of [ended, idle]) await store.create(session)
    assert(((await store.read(ended.id, ELMER))?.expiresAt ?? 0) < now)
    assert(((await store.read(idle.id, ELMER))?.handle?.expiresAt ?? 0) < now)
  }),

  storeCase('an id that is taken is refused, and the session that has it stays as it is', async ({ store, now }) => {
    const session = newSession(now, { accounts: [newAccount(now)], values: textOf({ mine: '1' }) })
    const intruder = newSession(now, { id: session.id, accounts: [newAccount(now)], values: textOf({ mine: '2' }) })
    await store.create(session)
    await assert.rejects(async () => store.create(intruder))
    await assertReadsBack(store, session)
    await assertLists(store, intruder.accounts[0]!.id, now, [])
  }),

  storeCase('what a caller does to the account it read changes nothing that is stored', async ({ store, now }) => {
    const session = newSession(now, { accounts: [newAccount(now)] })
    const asCreated = structuredClone(session)
    await store.create(session)
    const read = await readLive(store, session.id, ELMER, now)
    try {
      Object.assign(read.accounts[0]!, { id: 'somebody else' })
    } catch {
      // A store may also hand out frozen records.
    }
    await assertReadsBack(store, asCreated)
  }),

  storeCase('a malformed id or scope is nobody, to every method', async ({ store, now }) => {
    const session = newSession(now, { values: textOf({ theme: '"dark"' }) })
    await store.create(session)
    for (const text of MALFORMED) {
      await assertNobody(store, text as SessionId, ELMER, now)
      await assertNobody(store, text as SessionId, text as Scope, now)
      assert.equal(await store.update(session.id, text as Scope, newDelta(now, { cart: '1' }), now), 'gone')
      assert.equal(await store.renew(session.id, text as Scope, newSuccessor(now), now), 'gone')
      assert.equal(await store.attach(session.id, text as Scope, newHandle(now), now, now), 'gone')
      assert.equal(await store.revoke(session.id, text as Scope), false)
      if (!lacks(store, 'take')) assert.equal(await store.take(`${newId()}${text}`, now), null)
      if (lacks(store, 'accounts')) continue
      assert.deepEqual(await store.sessionsOf(`${newId()}${text}`, now), [])
      assert.equal(await store.revokeAccount(`${newId()}${text}`), 0)
    }
    assert.equal(valueOf((await readLive(store, session.id, ELMER, now)).values, 'theme'), '"dark"')
  }),
]
