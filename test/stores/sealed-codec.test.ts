import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Scope, SecretHash, SessionId } from '../../packages/landbridge/src/core/types.ts'
import { decode, encode } from '../../packages/landbridge/src/stores/sealed/codec.ts'

const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
/** Whatever stands with an account, as this version writes it and as later ones may. */
const rest = fc.oneof(
  fc.record({ auth: fc.base64String({ maxLength: 22 }), remembered: fc.constant(true) }, { requiredKeys: [] }),
  fc.dictionary(
    text.filter((key) => key !== 'id' && key !== 'signedInAt' && key !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 4 },
  ),
)
const account = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), time, rest)
const session = fc.record({
  times: fc.array(time, { minLength: 5, maxLength: 5 }),
  accounts: fc.array(account, { maxLength: 10 }),
  values: text,
  own: text,
})

test('what is sealed comes back as it was, whatever stands with an account', () => {
  fc.assert(
    fc.property(session, fc.array(time, { minLength: 11, maxLength: 11 }), ({ times, accounts, values, own }, allEpochs) => {
      const [createdAt, expiresAt, made, seenAt, ends] = times as [number, number, number, number, number]
      const id = 'A'.repeat(22) as SessionId
      const scope = 'a.example' as Scope
      const handle = { scope, hash: 'B'.repeat(42).concat('A') as SecretHash, createdAt: made, seenAt, expiresAt: ends, values: own }
      const stored = accounts.map(([name, signedInAt, more]) => ({ ...(JSON.parse(JSON.stringify(more)) as object), id: name, signedInAt }))
      const given = {
        session: { id, createdAt, expiresAt, accounts: stored, values, handle },
        epochs: allEpochs.slice(0, accounts.length + 1),
      }
      expect(decode(encode(given), id, scope)).toEqual(given)
    }),
    { numRuns: 500 },
  )
})
