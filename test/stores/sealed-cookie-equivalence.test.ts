// In one browser, one request after the other, a session in cookies is like any other: the same acts give the same answers.
import fc from 'fast-check'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { expect, test } from 'vitest'
import { codeOf, ELMER, MINUTE, world } from '../core/support.ts'
import type { AnySession } from '../core/support.ts'

const KEYS = ['the key of these tests is long enough']

type Step = { readonly name: string; readonly act: (session: AnySession) => unknown; readonly waitMs: number }

const key = fc.constantFrom('a', 'b', '__proto__', 'ключ', '"\n:')
const json = fc.jsonValue({ maxDepth: 2 })
const accountId = fc.oneof(fc.constantFrom('ada', 'bob'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }))
const waitMs = fc.constantFrom(0, 1, 4 * MINUTE, 29 * MINUTE, 31 * MINUTE)

const act = (name: string, ...args: readonly fc.Arbitrary<unknown>[]): fc.Arbitrary<Omit<Step, 'waitMs'>> =>
  fc.tuple(...args).map((given) => ({
    name: `${name}(${JSON.stringify(given).slice(1, -1)})`,
    act: (session) => (session as unknown as Record<string, (...each: unknown[]) => unknown>)[name]!(...given),
  }))

const account = accountId.map((id) => ({ id }))
const steps = fc.array(
  fc
    .tuple(
      fc.oneof(
        act('set', key, json),
        act('unset', key),
        act('flash', key, json),
        act('flash', key),
        act('signIn', account),
        act('addAccount', account),
        act('switchAccount', accountId),
        act('removeAccount', accountId),
        act('renew'),
        act('signOut'),
        act('destroy'),
        fc.constant({ name: 'update', act: (session: AnySession) => session.update('n', (n) => Number(n ?? 0) + 1) }),
        fc.constant({
          name: 'set, then sign out, then set',
          act: async (session: AnySession) => {
            session.set('a', 'before')
            await session.signOut()
            session.set('b', 'after')
          },
        }),
      ),
      waitMs,
    )
    .map(([step, wait]): Step => ({ ...step, waitMs: wait })),
  { minLength: 1, maxLength: 20 },
)

/** All that a session tells, but for what is random. */
const told = async (session: AnySession) => ({
  all: await session.all(),
  account: await session.account(),
  accounts: await session.accounts(),
  expiresAt: await session.expiresAt(),
  handles: await session.handles(),
  hasId: session.id !== null,
})

test('whatever a visitor does, he finds what he would find with a store on the server', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (chosen) => {
      const worlds = [memory(), sealedCookie({ keys: KEYS, chunks: 4 }), sealedCookie({ keys: KEYS, chunks: 4, epochs: memory() })].map(
        (store) => {
          const made = world({ store })
          return { ...made, visitor: made.browser() }
        },
      )
      for (const step of chosen) {
        const found = []
        for (const { visitor, clock } of worlds) {
          clock.now += step.waitMs
          const done = await codeOf(() => visitor.at(ELMER, step.act))
          found.push({ done, told: await visitor.at(ELMER, told) })
        }
        const [expected, ...others] = found
        for (const other of others) expect([step.name, other]).toEqual([step.name, expected])
      }
      const types = worlds.map((each) => each.types().filter((type) => type !== 'cookie.refused'))
      for (const other of types.slice(1)) expect(other).toEqual(types[0])
    }),
    { numRuns: 300 },
  )
}, 60_000)
