import { median } from '../lib/stats.ts'
import { table } from '../lib/table.ts'
import type { Contestant } from './contestant.ts'

const BATCH_MS = 15
const WARMUP_MS = 300

/** Microseconds per request. CPU time is above the time passed where a thread pool or the garbage collector works along. */
interface Cost {
  passed: number
  cpu: number
}

/** Batches of all contestants take turns; the table shows medians, and the best batch as what a quiet machine does. */
export async function compare(contestants: readonly Contestant[], batches: number): Promise<string> {
  const sizes = new Map<Contestant, number>()
  for (const each of contestants) sizes.set(each, await warmUp(each))
  const costs = new Map<Contestant, Cost[]>(contestants.map((each) => [each, []]))
  for (let round = 0; round < batches; round++) {
    for (const [each, size] of sizes) costs.get(each)?.push(await batch(each, size))
  }
  for (const each of contestants) await check(each)
  return [
    'Inside one process, microseconds per request: parse, verify, load, read one key; one request after the other.',
    `Medians of ${batches} batches of ${BATCH_MS} ms each. Node ${process.versions.node}.`,
    '',
    table(
      ['contestant', 'median µs', 'best µs', 'CPU µs'],
      [...costs].map(([{ name }, own]) => row(name, own)),
    ),
  ].join('\n')
}

function row(name: string, own: readonly Cost[]): string[] {
  const passed = own.map((cost) => cost.passed)
  const cpu = own.map((cost) => cost.cpu)
  return [name, ...[median(passed), Math.min(...passed), median(cpu)].map((value) => value.toFixed(2))]
}

/** Runs until V8 has settled, and answers how many requests fill a batch. */
async function warmUp(each: Contestant): Promise<number> {
  await check(each)
  let size = 10
  const end = performance.now() + WARMUP_MS
  while (performance.now() < end) {
    const { passed } = await batch(each, size)
    size = Math.max(10, Math.round((BATCH_MS * 1000) / passed))
  }
  return size
}

async function batch(each: Contestant, size: number): Promise<Cost> {
  const inputs = Array.from({ length: size }, () => each.prepare()) as never[]
  collect()
  const before = process.cpuUsage()
  const began = performance.now()
  for (const input of inputs) await each.run(input)
  const passed = (performance.now() - began) * 1000
  const { user, system } = process.cpuUsage(before)
  return { passed: passed / size, cpu: (user + system) / size }
}

/** Twice, so that the inputs grow old: the collections within a batch are then about what the requests themselves allocate. */
function collect(): void {
  globalThis.gc?.({ type: 'minor' })
  globalThis.gc?.({ type: 'minor' })
}

async function check(each: Contestant): Promise<void> {
  const answer = await each.run(each.prepare() as never)
  if (answer === each.expected) return
  throw new Error(`${each.name}: answered ${String(answer)}, not ${String(each.expected)}`)
}
