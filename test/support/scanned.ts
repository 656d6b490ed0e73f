/** Runs `landbridge scan` as its users do, and what it takes around it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { ScanReport } from '../../packages/landbridge/src/cli/scan/report.ts'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
export const program: string = join(root, 'packages/landbridge/dist/cli/landbridge.js')

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as its users do. */
export function startScan(args: readonly string[], env: Record<string, string> = {}) {
  const all = [program, 'scan', '--rate', '1000', ...args]
  const child = spawn(process.execPath, all, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (read.out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (read.err += String(chunk)))
  const ended = once(child, 'close').then(([code]: unknown[]): Ended => ({ code: code as number | null, ...read }))
  return { child, ended }
}

export const scan = (args: readonly string[], env?: Record<string, string>): Promise<Ended> => startScan(args, env).ended

/** The report as an object. Throws what was written in its place. */
export async function scanned(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<ScanReport & { readonly code: number | null }> {
  const { code, out, err } = await scan([...args, '--json'], env)
  if (out === '') throw new Error(err)
  return { ...(JSON.parse(out) as ScanReport), code }
}

/** Starts a server that ends with the test. */
export async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'landbridge-scan-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

export function moduleOf(source: string): string {
  const file = join(folder(), 'sign-in.mjs')
  writeFileSync(file, source)
  return file
}

/** What the site of these tests lets anybody in with. */
export const PASSWORD = 'correct-horse-battery'

export const SIGN_IN = `export default async ({ request }) => {
  await request('/login', { form: { user: 'ann', password: process.env.SITE_PASSWORD } })
}`
export const signIn = () => ['--login', moduleOf(SIGN_IN), '--yes', '--page', '/account']
export const KNOWN = { SITE_PASSWORD: PASSWORD }

export const idsOf = ({ findings }: ScanReport) => [...new Set(findings.map(({ check }) => check))].sort()
export const outcomes = ({ experiments }: ScanReport) => experiments.map(({ from, to, outcome }) => `${name(from)} ${name(to)} ${outcome}`)
export const name = (host: string) => host.split('.')[0]!
