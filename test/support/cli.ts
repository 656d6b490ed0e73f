/** The command `landbridge` as its users run it: a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
export const program = join(root, 'packages/landbridge/dist/cli/landbridge.js')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Where {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export function landbridge(args: readonly string[], where: Where = {}): Promise<Ended> {
  return command(process.execPath, [program, ...args], where)
}

/** With a terminal for standard output and standard error, as util-linux's `script` makes one. */
export const onTerminal = (args: readonly string[], where: Where = {}): Promise<Ended> =>
  command('script', ['-qec', [process.execPath, program, ...args].map((each) => `'${each}'`).join(' '), '/dev/null'], where)

async function command(name: string, args: readonly string[], { cwd = root, env = {}, stdin = '' }: Where): Promise<Ended> {
  const child = spawn(name, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (text.err += String(chunk)))
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...text }
}

/** A folder with these files, gone after the test. With `inside` it lies in the repository, where modules find `landbridge`. */
export function folderWith(files: Readonly<Record<string, string>>, inside = false): string {
  const parent = inside ? join(root, '.test-results') : tmpdir()
  mkdirSync(parent, { recursive: true })
  const made = mkdtempSync(join(parent, 'landbridge-cli-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true })
    writeFileSync(join(made, name), text)
  }
  return made
}
