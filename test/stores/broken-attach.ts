// Stores that break the contract in what they attach, or in what they do with a session that has several handles.
import { setImmediate } from 'node:timers/promises'
import type { Scope, SessionId, Store } from 'landbridge/store'
import { isLive, valueOf } from 'landbridge/store'
import type { Defect } from './defect.ts'
import { handleAt, nothing } from './defect.ts'

/** Attaches without a look at what is there: what is older than the end of time is replaced. */
const NEVER_KEPT = Infinity

function readsThenAttaches(store: Store): Partial<Store> {
  return {
    async attach(id, through, handle, issuedAt, now) {
      const before = await store.read(id, through)
      if (!isLive(before, now)) return 'gone'
      await setImmediate()
      if ((await store.read(id, through)) === null) await store.create(before)
      return store.attach(id, through, handle, issuedAt, now)
    },
  }
}

export const ATTACHING: Record<string, Defect> = {
  'attach takes any handle of the session for the one that vouches': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const any = (await store.handlesOf(id)).find(({ expiresAt }) => expiresAt > now)
        return store.attach(id, any?.scope ?? through, handle, issuedAt, now)
      },
    }),
    noticedBy: /through a scope that the session has no handle for/,
  },
  'attach takes a handle that is no more, of a session that is, for one that vouches': {
    make: (store) => {
      const known = new Set<string>()
      return {
        async attach(id, through, handle, issuedAt, now) {
          const live = (await store.handlesOf(id)).find(({ expiresAt }) => expiresAt > now)
          const vouches = known.has(`${id} ${through}`) ? (live?.scope ?? through) : through
          return store.attach(id, vouches, handle, issuedAt, now)
        },
        create(session) {
          known.add(`${session.id} ${session.handle.scope}`)
          return store.create(session)
        },
      }
    },
    noticedBy: /through a handle that alone was revoked or has expired/,
  },
  'attach does not look at the ends of session and handle': {
    make: (store) => ({ attach: (id, through, handle, issuedAt) => store.attach(id, through, handle, issuedAt, 0) }),
    noticedBy: /to attach to what is absent, revoked or expired/,
  },
  'attach goes by a clock of its own': {
    make: (store) => ({ attach: (id, through, handle, issuedAt) => store.attach(id, through, handle, issuedAt, Date.now()) }),
    noticedBy: /by the time that the caller says/,
  },
  'attach creates the session': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const answer = await store.attach(id, through, handle, issuedAt, now)
        if (answer === 'gone' && (await store.read(id, through)) === null) {
          await store.create({ id, createdAt: now, expiresAt: handle.expiresAt, accounts: [], values: '', handle })
        }
        return answer
      },
    }),
    noticedBy: /to attach to what is absent, revoked or expired/,
  },
  'attach follows a renewal': {
    make: (store) => {
      const successors = new Map<SessionId, SessionId>()
      return {
        async renew(id, scope, next, now) {
          successors.set(id, next.id)
          return store.renew(id, scope, next, now)
        },
        attach: (id, through, handle, issuedAt, now) => store.attach(successors.get(id) ?? id, through, handle, issuedAt, now),
      }
    },
    noticedBy: /does not follow the trace/,
  },
  'attach ends the handles that were there': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const before = await store.handlesOf(id)
        const answer = await store.attach(id, through, handle, issuedAt, now)
        for (const { scope } of before) if (answer === 'attached' && scope !== handle.scope) await store.revoke(id, scope)
        return answer
      },
    }),
    noticedBy: /beside the one that vouched for it/,
  },
  'attach does not look at what is expected': {
    make: (store) => ({ attach: (id, through, handle, issuedAt, now) => store.attach(id, through, handle, issuedAt, now) }),
    noticedBy: /unless each expectation holds/,
  },
  'attach leaves the handle that vouches as it was': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now, expected) {
        const before = await handleAt(store, id, through)
        const answer = await store.attach(id, through, handle, issuedAt, now, expected)
        if (answer !== 'attached' || before === null || through === handle.scope) return answer
        await store.revoke(id, through)
        await store.attach(id, handle.scope, before, before.createdAt, now)
        return answer
      },
    }),
    noticedBy: /the end of the handle that vouches moves/,
  },
  'attach expects it of the handle that vouches': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now, expected = []) {
        const voucher = await store.read(id, through)
        const elsewhere = expected.every(({ key, json }) => valueOf(voucher?.handle?.values ?? '', key) === json)
        return elsewhere ? store.attach(id, through, handle, issuedAt, now) : 'gone'
      },
    }),
    noticedBy: /unless each expectation holds/,
  },
  'update keeps the secret': {
    make: (store) => ({
      update: (id, scope, { place, changes, seenAt, expiresAt }, now) =>
        store.update(id, scope, { place, changes, seenAt, expiresAt }, now),
    }),
    noticedBy: /an update with a hash/,
  },
  'attach always replaces': {
    make: (store) => ({ attach: (id, through, handle, _, now) => store.attach(id, through, handle, NEVER_KEPT, now) }),
    noticedBy: /made at or after the issue is kept/,
  },
  'attach replaces a handle that was made at the moment of the issue': {
    make: (store) => ({ attach: (id, through, handle, issuedAt, now) => store.attach(id, through, handle, issuedAt + 1, now) }),
    noticedBy: /made at or after the issue is kept/,
  },
  'attach keeps what there is, however old': {
    make: (store) => ({ attach: (id, through, handle, _, now) => store.attach(id, through, handle, -Infinity, now) }),
    noticedBy: /made before the issue is replaced/,
  },
  'attach keeps what has expired': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const before = await handleAt(store, id, handle.scope)
        const kept = before !== null && before.createdAt >= issuedAt && isLive(await store.read(id, through), now)
        return kept ? 'kept' : store.attach(id, through, handle, issuedAt, now)
      },
    }),
    noticedBy: /an expired handle of the scope is replaced/,
  },
  'attach leaves the values of the handle that it replaces': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const values = (await handleAt(store, id, handle.scope))?.values ?? handle.values
        return store.attach(id, through, { ...handle, values }, issuedAt, now)
      },
    }),
    noticedBy: /made before the issue is replaced as a whole/,
  },
  'attach records a visit of the handle that it keeps': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const answer = await store.attach(id, through, handle, issuedAt, now)
        const { seenAt, expiresAt } = handle
        if (answer === 'kept') await store.update(id, handle.scope, { place: 'handle', changes: nothing, seenAt, expiresAt }, now)
        return answer
      },
    }),
    noticedBy: /made at or after the issue is kept untouched/,
  },
  'attach never replaces the handle that vouches': {
    make: (store) => ({
      attach: (id, through, handle, issuedAt, now) =>
        store.attach(id, through, handle, handle.scope === through ? -Infinity : issuedAt, now),
    }),
    noticedBy: /a handle may vouch for its own scope/,
  },
  'attach looks whether there is a handle, then writes': {
    make: (store) => ({
      async attach(id, through, handle, issuedAt, now) {
        const before = await handleAt(store, id, handle.scope)
        const kept = before !== null && before.expiresAt > now && before.createdAt >= issuedAt
        await setImmediate()
        return kept ? store.attach(id, through, handle, issuedAt, now) : store.attach(id, through, handle, NEVER_KEPT, now)
      },
    }),
    noticedBy: /of 20 handles that are attached for one scope at once/,
  },
  'attach writes back a session that ended meanwhile': {
    make: readsThenAttaches,
    noticedBy: /in 400 races of an end with an attached handle/,
  },
  'attach writes back the handle that vouched': { make: readsThenAttaches, noticedBy: /that handle stays ended/ },
  'attach writes back a session that was renewed meanwhile': { make: readsThenAttaches, noticedBy: /of a renewal with an attached handle/ },
  'revoke of one scope ends the whole session': {
    make: (store) => ({
      async revoke(id, scope) {
        const had = scope === undefined || (await handleAt(store, id, scope)) !== null || (await store.handlesOf(id)).length === 0
        return had ? store.revoke(id) : false
      },
    }),
    noticedBy: /to revoke the handle of one scope leaves the others/,
  },
  'revoke of a session ends the handle that it was created with, and no other': {
    make: (store) => {
      const first = new Map<SessionId, Scope>()
      return {
        create(session) {
          first.set(session.id, session.handle.scope)
          return store.create(session)
        },
        revoke: (id, scope) => store.revoke(id, scope ?? first.get(id)),
      }
    },
    noticedBy: /ends the handles of all its scopes/,
  },
  'renew takes all handles along': {
    make: (store) => ({
      async renew(id, scope, next, now) {
        const before = await store.handlesOf(id)
        const outcome = await store.renew(id, scope, next, now)
        if (outcome === 'saved')
          for (const each of before) if (each.scope !== scope) await store.attach(next.id, scope, each, NEVER_KEPT, now)
        return outcome
      },
    }),
    noticedBy: /only the renewing one goes along/,
  },
  'sessionsOf lists a session for each of its handles': {
    make: (store) => ({
      async sessionsOf(account, now) {
        const each = await store.sessionsOf(account, now)
        const handles = await Promise.all(each.map(async ({ id }) => store.handlesOf(id)))
        return each.flatMap((session, index) => handles[index]!.map(() => session))
      },
    }),
    noticedBy: /lists a session once/,
  },
  'sweep ends the session with its first expired handle': {
    make: (store) => {
      const ids = new Set<SessionId>()
      return {
        create(session) {
          ids.add(session.id)
          return store.create(session)
        },
        async sweep(now, limit) {
          for (const id of ids) if ((await store.handlesOf(id)).some(({ expiresAt }) => expiresAt <= now)) await store.revoke(id)
          return store.sweep(now, limit)
        },
      }
    },
    noticedBy: /a sweep removes an expired handle and leaves the session/,
  },
}
