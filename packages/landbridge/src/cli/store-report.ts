import type { StoreReport } from './doctor-store.ts'
import type { Fact } from './store-target.ts'
import { paint } from './terminal.ts'
import { shownUrl, withoutPassword } from './url.ts'

export const isFine = ({ facts, cases }: StoreReport): boolean => cases.failed.length === 0 && !facts.some(({ kind }) => kind === 'fault')

/** For programs. */
export function asJson({ facts, cases, histories, read }: StoreReport, url: string, isClean: boolean): string {
  const of = (kind: Fact['kind']): string[] => facts.filter((fact) => fact.kind === kind).map(({ text }) => text)
  const told = { notes: of('note'), warnings: of('warning'), faults: of('fault') }
  const failed = cases.failed.map(({ name, message }) => ({ name, message: withoutPassword(message, url) }))
  const fine = isFine({ facts, cases, histories, read })
  return `${JSON.stringify({ store: shownUrl(url), fine, ...told, cases: { ...cases, failed }, histories, read, clean: isClean }, null, 2)}\n`
}

/** For people. */
export function asText(report: StoreReport, url: string): string {
  const { facts, cases, histories, read } = report
  const marks = { note: paint('dim', '·'), warning: paint('yellow', '!'), fault: paint('red', '✗') }
  const lines = facts.map(({ kind, text }) => `${marks[kind]} ${text}`)
  if (cases.passed + cases.failed.length > 0) {
    const share = `${cases.passed} of ${cases.passed + cases.failed.length} cases of the contract passed.`
    lines.push(cases.failed.length === 0 ? `${paint('green', '✓')} ${share}` : `${marks.fault} ${share}`)
    lines.push(`${marks.note} ${histories.checked} further histories of concurrent calls were checked, from seed ${histories.seed} on.`)
    lines.push(`${marks.note} A read takes ${duration(read.p50Ms)} (p50), ${duration(read.p99Ms)} (p99).`)
  }
  for (const { name, message } of cases.failed) lines.push('', `${marks.fault} ${name}`, indented(withoutPassword(message, url)))
  const verdict = isFine(report) ? paint('green', 'Nothing is wrong.') : paint('red', 'Faults were found.')
  return [paint('bold', shownUrl(url)), ...lines, '', verdict, ''].join('\n')
}

const duration = (ms: number): string => (ms < 0.1 ? `${(ms * 1000).toPrecision(2)} µs` : `${ms.toFixed(2)} ms`)

const indented = (text: string): string => text.replaceAll(/^/gm, '    ')
