import { cpus } from 'node:os'
import type { Sample, Samples } from './http.ts'
import { ceilingOf, frameworkOf } from './select.ts'
import { median, range } from './stats.ts'
import { table } from './table.ts'

const HEAD = ['subject', 'req/s', 'share', 'range', 'CPU µs', 'added', 'share of CPU', 'busy', 'load busy']

/** Every round is compared with the ceiling of the same round; the table shows the medians. */
export function report(samples: Samples): string {
  const rows = [...samples].map(([name, own]) => row(name, own, samples.get(ceilingOf(name)) ?? []))
  const machine = `Node ${process.versions.node}, ${cpus().length} CPUs, ${samples.values().next().value?.length ?? 0} rounds`
  return [
    'Authenticated GET, a session of 0.2 kB, one key read.',
    `share: requests per second over those of the same framework without sessions. ${machine}.`,
    '',
    table(HEAD, rows),
  ].join('\n')
}

function row(name: string, own: Sample[], ceiling: Sample[]): string[] {
  const paired = <T>(compare: (a: Sample, b: Sample) => T): T[] =>
    own.flatMap((sample, round) => {
      const top = ceiling[round]
      return top === undefined ? [] : [compare(sample, top)]
    })
  const shares = paired((a, b) => a.rate / b.rate)
  const percent = (pick: (sample: Sample) => number): string => `${(median(own.map(pick)) * 100).toFixed(0)} %`
  return [
    `${frameworkOf(name)}: ${name.slice(frameworkOf(name).length + 1)}`,
    median(own.map((sample) => sample.rate)).toFixed(0),
    median(shares).toFixed(2),
    range(shares),
    median(own.map((sample) => sample.cpu)).toFixed(1),
    median(paired((a, b) => a.cpu - b.cpu)).toFixed(1),
    median(paired((a, b) => b.cpu / a.cpu)).toFixed(2),
    percent((sample) => sample.busy),
    percent((sample) => sample.loadBusy),
  ]
}
