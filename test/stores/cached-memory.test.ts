// What a near cache takes, by the heap, in a process of its own: its own count has to be honest, and its bound has to hold.
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MIB = 1024 * 1024

/** Reads so many sessions through a cache; tells how much larger the heap is for it, in bytes. */
function growth(maxBytes: number, count: number, kind: 'found' | 'absent', values: number): number {
  const program = `
    import { cached } from 'landbridge/cached'
    let made = 0
    const newId = () => 'kin' + String(made++).padStart(19, '0')
    // As a driver hands them over: nothing in one read is shared with another.
    const read = (id, scope) => ${kind === 'absent'} ? null : JSON.parse(JSON.stringify({
      id, createdAt: 1.5e12, expiresAt: 3e12 + made, accounts: [{ id: 'ada', signedInAt: 1.6e12 }], values: '',
      handle: { scope, hash: 'h'.repeat(43), createdAt: 1.5e12, seenAt: 1.6e12, expiresAt: 2e12 + made, values: 'x'.repeat(${values}) },
    }))
    const store = cached({ name: 'numbers', read, close() {} }, { maxBytes: ${maxBytes}, maxStaleMs: 1e9 })
    const before = () => { gc(); gc(); return process.memoryUsage().heapUsed + process.memoryUsage().external }
    for (let i = 0; i < 1000; i++) store.read(newId(), 'elmer.acme.example')
    await store.close()
    const empty = before()
    for (let i = 0; i < ${count}; i++) store.read(('a cookie header, long before the id: ' + newId()).slice(37), 'elmer.acme.example')
    const full = before()
    await store.close()
    console.log(full - empty)`
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  return Number(execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], { cwd, encoding: 'utf8' }))
}

test.each([
  ['50,000 small sessions', 50_000, 'found', 0, 16],
  ['50,000 sessions with 1000 characters of values', 50_000, 'found', 1000, 16],
  ['a million forged ids', 1_000_000, 'absent', 0, 128],
] as const)('%s take what they may, and no more', { timeout: 60_000 }, (_, count, kind, values, mib) => {
  const taken = growth(mib * MIB, count, kind, values)
  // Of what is absent there may be little.
  const allowed = kind === 'absent' ? (mib * MIB) / 16 : mib * MIB
  expect(taken).toBeLessThan(1.2 * allowed)
  expect(taken).toBeGreaterThan(0.6 * allowed)
})
