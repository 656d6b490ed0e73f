import fc from 'fast-check'
import { applyChanges, entriesOf, valueOf } from 'landbridge/store'
import { expect, test } from 'vitest'

/** Keys that look like others, like the text format, or like something special to JavaScript or to an encoding. */
const HARD_KEYS = [
  '',
  '__proto__',
  'a',
  'a"',
  '"a":',
  '\n"a":',
  '"',
  '\\',
  '\\"',
  '\n',
  '\u0000',
  '\ud800',
  '\udc00',
  '\u2028',
  '😀',
  ':',
  '1',
]

// Few keys, so that they meet each other; and any others.
const key = fc.oneof(
  fc.constantFrom(...HARD_KEYS),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
)
const json = fc.oneof(
  fc.json(),
  key.map((text) => JSON.stringify(text)),
  key.map((text) => JSON.stringify({ [text]: [text] })),
)
const changes = fc.array(fc.tuple(key, fc.option(json)), { maxLength: 12 }).map((entries) => new Map(entries))

/** The same changes to a plain Map: a key that is set moves to the end, as in the text. */
function applyToModel(model: Map<string, string>, changes: ReadonlyMap<string, string | null>): void {
  for (const [each, text] of changes) {
    model.delete(each)
    if (text !== null) model.set(each, text)
  }
}

test('values hold what a Map would hold, after any series of changes', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), fc.array(key, { maxLength: 5 }), (series, others) => {
      const model = new Map<string, string>()
      let values = ''
      for (const each of series) {
        values = applyChanges(values, each)
        applyToModel(model, each)
        expect(entriesOf(values)).toEqual([...model])
        for (const name of [...HARD_KEYS, ...others, ...each.keys()]) expect(valueOf(values, name)).toBe(model.get(name) ?? null)
      }
    }),
    { numRuns: 1000 },
  )
})

test('each value parses to what was set', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.jsonValue()), { maxLength: 12 }), (entries) => {
      const model = new Map(entries)
      const values = applyChanges('', new Map([...model].map(([name, value]) => [name, JSON.stringify(value)])))
      for (const [name, value] of model) expect(JSON.parse(valueOf(values, name)!)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('the text holds no lone surrogate and no line feed but its own, so that every encoding keeps it', () => {
  fc.assert(
    fc.property(changes, (each) => {
      const values = applyChanges('', each)
      expect(values.isWellFormed()).toBe(true)
      expect(values.split('\n')).toHaveLength(entriesOf(values).length + 1)
    }),
  )
})

test('no changes leave the very same text, and removing all keys leaves the empty one', () => {
  fc.assert(
    fc.property(changes, (each) => {
      const values = applyChanges('', each)
      expect(applyChanges(values, new Map())).toBe(values)
      expect(applyChanges(values, new Map([...each.keys()].map((name) => [name, null])))).toBe('')
    }),
  )
})

test('the untouched keys keep their place and text when others change', () => {
  expect(applyChanges('\n"a":1\n"b":2\n"c":3', new Map([['b', '4']]))).toBe('\n"a":1\n"c":3\n"b":4')
  expect(applyChanges('\n"a":1\n"b":2\n"c":3', new Map([['c', null]]))).toBe('\n"a":1\n"b":2')
  expect(applyChanges('\n"a":1', new Map([['a', null]]))).toBe('')
})
