// The catalogue of what doctor (and scan) look for: complete, without doubles, and the same as docs/checks.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { doctorChecks } from '../../packages/landbridge/src/cli/checks/doctor-checks.ts'
import type { Check } from '../../packages/landbridge/src/cli/checks/check.ts'
import { checksPage } from '../../scripts/checks-doc.mjs'

const source = new URL('../../packages/landbridge/src/', import.meta.url)
const textOf = (folder: string): string => {
  const at = new URL(folder, source)
  const files = existsSync(at) ? readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')) : []
  return files.map((name) => readFileSync(new URL(name, at), 'utf8')).join('\n')
}
const ids = (checks: readonly Check[]): string[] => checks.map(({ id }) => id)

/** What `createSessions` and the stores report. */
const faults = [...new Set([...textOf('./').matchAll(/(?:faults|this)\.add\(\s*'([a-z-]+)'/g)].map(([, code]) => code!))]

async function scanChecks(): Promise<readonly Check[]> {
  const file = new URL('cli/checks/scan-checks.ts', source)
  return existsSync(file) ? ((await import(file.href)) as { scanChecks: readonly Check[] }).scanChecks : []
}

test('every fault that a configuration can have is a check of doctor, under the same id, and a fault there', () => {
  expect(faults.length).toBeGreaterThan(30)
  const known = doctorChecks.filter(({ level }) => level === 'fault')
  expect(faults.filter((code) => !ids(known).includes(code))).toEqual([])
})

test('every check of doctor can be reported: by createSessions, or by doctor itself', () => {
  const found = [...textOf('cli/doctor/').matchAll(/\bfind\(\s*'([a-z-]+)'|const id = [^\n]*'([a-z-]+)' : '([a-z-]+)'|told\('([a-z-]+)'/g)]
  const reported = new Set([...faults, ...found.flatMap(([, ...names]) => names.filter((name) => name !== undefined))])
  expect(ids(doctorChecks).filter((id) => !reported.has(id))).toEqual([])
  expect([...reported].filter((id) => !ids(doctorChecks).includes(id))).toEqual([])
})

test('no id is twice in one catalogue, what both have weighs the same, and each check says in sentences what, why and what to do', async () => {
  const catalogues = [doctorChecks, await scanChecks()]
  for (const checks of catalogues) expect(new Set(ids(checks)).size).toBe(checks.length)
  const all = catalogues.flat()
  for (const { id, level } of all) expect([id, all.find((each) => each.id === id)!.level]).toEqual([id, level])
  for (const { id, level, title, why, fix } of all) {
    expect(id).toMatch(/^[a-z]+(?:-[a-z0-9]+)*$/)
    expect(['fault', 'warning', 'note']).toContain(level)
    for (const sentence of [title, why, fix]) expect(sentence, id).toMatch(/^\S.{9,}[.?)]$/)
  }
})

test('docs/checks.md is what the catalogues say; `npm run checks-doc` writes it', async () => {
  const page = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8')
  expect(page).toBe(await checksPage())
  for (const id of ids(doctorChecks)) expect(page).toContain(`| \`${id}\` |`)
})
