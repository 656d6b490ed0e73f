import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'

const LIMIT_BYTES = 3072

const file = (name: string): string => readFileSync(new URL(`../../packages/landbridge/dist/client/${name}`, import.meta.url), 'utf8')

describe.each(['index.js', 'landbridge.js'])('client/%s', (name) => {
  test('is at most 3 kB over the wire', () => {
    const bytes = gzipSync(file(name), { level: 9 }).length
    expect(bytes).toBeGreaterThan(1000)
    expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES)
  })

  test('is one file, made of the client and of nothing else of the library', () => {
    const { sources } = JSON.parse(file(`${name}.map`)) as { sources: string[] }
    expect(sources.length).toBeGreaterThan(5)
    expect(sources.filter((source) => !/^\.\.\/\.\.\/src\/client\/[a-z]+\.ts$/.test(source))).toEqual([])
    expect(file(name)).not.toMatch(/\bimport\b|\brequire\(|node:/)
  })

  test('runs under policies that forbid inline script and style, and code from text', () => {
    expect(file(name)).not.toMatch(/\beval\b|Function\(|innerHTML|outerHTML|insertAdjacent|document\.write|setAttribute|\.style\b|<\w/)
  })
})
