import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { start, stop } from './child.ts'
import type { Flags } from './flags.ts'
import { round, startLoad } from './http.ts'
import { subjects } from './select.ts'
import { table } from './table.ts'

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const FOLDER = fileURLToPath(new URL('../profiles/', import.meta.url))

/** Runs one subject under load with V8's sampling profiler and prints where its time went. */
export async function profile(name: string, flags: Flags): Promise<void> {
  if (!subjects().includes(name)) throw new Error(`no subject "${name}"; --list names them`)
  const folder = join(FOLDER, `${name}-${Date.now()}`)
  mkdirSync(folder, { recursive: true })
  const generator = startLoad()
  const server = await start(name, ['--cpu-prof', '--cpu-prof-dir', folder])
  try {
    await round(server, generator, { ...flags, seconds: flags.warmup + flags.seconds })
  } finally {
    // The profile is written when the process ends by itself.
    await stop(server.child, 'stop')
    await stop(generator)
  }
  const file = join(folder, readdirSync(folder)[0] ?? '')
  console.log(`${summary(JSON.parse(readFileSync(file, 'utf8')))}\n\n${relative(process.cwd(), file)}`)
}

function summary(recorded: CpuProfile): string {
  const functions = new Map<string, number>()
  const owners = new Map<string, number>()
  const frames = new Map(recorded.nodes.map((node) => [node.id, node.callFrame]))
  let total = 0
  recorded.samples.forEach((id, index) => {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)') return
    const time = recorded.timeDeltas[index] ?? 0
    const name = `${frame.functionName || '(anonymous)'} ${place(frame.url)}:${frame.lineNumber + 1}`
    functions.set(name, (functions.get(name) ?? 0) + time)
    owners.set(owner(frame.url), (owners.get(owner(frame.url)) ?? 0) + time)
    total += time
  })
  return `${costliest('package', owners, total)}\n\n${costliest('function, own time', functions, total)}`
}

function costliest(title: string, times: Map<string, number>, total: number): string {
  const rows = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 25)
    .map(([name, time]) => [name, `${((100 * time) / total).toFixed(1)} %`])
  return table([title, 'share'], rows)
}

function place(url: string): string {
  return url.replace(/^.*\/(node_modules|packages)\//, '').replace(/^file:.*\/bench\//, 'bench/')
}

/** The package a function belongs to; V8 itself, garbage collection and system calls have no file. */
function owner(url: string): string {
  if (url === '') return '(native)'
  if (url.startsWith('node:')) return 'node'
  const [first = '', second = ''] = place(url).split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
