import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { flows } from './transcripts.ts'

const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
const transcripts = new Map(
  [...document.matchAll(/^<!-- transcript: ([\w -]+) -->\n\n```text\n([^]*?)^```$/gm)].map(([, name, text]) => [name!, text!]),
)

describe('docs/protocol.md shows what hosts and browser really say', () => {
  test('a transcript of each flow, and of no other', () => {
    expect([...transcripts.keys()]).toEqual(Object.keys(flows))
  })

  test.each(Object.entries(flows))('%s', async (name, run) => {
    expect(transcripts.get(name)).toBe(await run())
  })
})
