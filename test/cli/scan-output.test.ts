// Where `landbridge scan` writes: a file whole or not at all, and an output whose reader has gone is no crash.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, test, vi } from 'vitest'
import { startSite } from '../support/scanned-site.ts'
import { folder, moduleOf, program, root, scan } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('--html', () => {
  test.each([
    ['a folder that is not there', (made: string) => join(made, 'no', 'report.html'), 'ENOENT'],
    ['a folder', (made: string) => made, 'EISDIR'],
    ['a file as a folder', (made: string) => join(made, 'file', 'report.html'), 'ENOTDIR'],
    ['no name', () => '', 'it has no name'],
  ])('%s is refused before anything is asked', async (_, fileIn, why) => {
    const [site, made] = [await startSite(), folder()]
    writeFileSync(join(made, 'file'), '')
    const { code, out, err } = await scan([site.url('elmer'), `--html=${fileIn(made)}`])
    expect([code, out, site.asked]).toEqual([2, '', []])
    expect(err).toMatch(/^landbridge: the report cannot be written to ".*" \(.*\)\.\n$/)
    expect(err).toContain(why)
  })

  test('the file is written whole, in place of the one before and through a link, and nothing else is left', async () => {
    const [site, made] = [await startSite(), folder()]
    mkdirSync(join(made, 'there'))
    writeFileSync(join(made, 'there', 'report.html'), 'before')
    symlinkSync(join(made, 'there', 'report.html'), join(made, 'link.html'))
    expect(await scan([site.url('elmer'), '--html', join(made, 'link.html')])).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(made, 'there', 'report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\s*$/)
    expect([readdirSync(made).sort(), readdirSync(join(made, 'there'))]).toEqual([['link.html', 'there'], ['report.html']])
  })
})

describe('Standard output', () => {
  test('whose reader has gone ends the command as ever, without a stack', async () => {
    const site = await startSite()
    const child = spawn(process.execPath, [program, 'scan', site.url('elmer'), '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += String(chunk)))
    expect([await once(child, 'close'), err]).toEqual([[0, null], ''])
  })

  test('that is full is told of: 2', async (ctx) => {
    ctx.skip(!existsSync('/dev/full'), 'there is no /dev/full')
    const site = await startSite()
    const child = spawn(process.execPath, [program, 'scan', site.url('elmer')], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] })
    let err = ''
    child.stderr!.on('data', (chunk: Buffer) => (err += String(chunk)))
    expect([await once(child, 'close'), err]).toEqual([[2, null], 'landbridge: the output cannot be written (ENOSPC).\n'])
  })
})

test('the end of the input is a no to the question whether to write', async (ctx) => {
  ctx.skip(spawnSync('script', ['--version']).status !== 0, 'there is no script(1) to make a terminal with')
  const [site, login] = [await startSite(), moduleOf('export default async ({ request }) => { await request("/login", { form: {} }) }')]
  const command = [process.execPath, program, 'scan', site.url('elmer'), '--login', login].join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const isAsked = !shown.includes('[y/N]')
    shown += String(chunk)
    if (isAsked && shown.includes('[y/N]')) child.stdin.write('\u0004')
  })
  const [code] = (await once(child, 'close')) as [number]
  expect([code, shown, site.asked]).toEqual([2, expect.stringContaining('nothing was sent'), []])
  expect(shown).not.toContain('unsettled')
})
