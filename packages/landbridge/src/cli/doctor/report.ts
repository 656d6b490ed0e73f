import type { Finding } from '../checks/check.ts'
import { LEVELS } from '../checks/check.ts'
import { paint } from '../terminal.ts'

/** What was found in one configuration. */
export interface Section {
  readonly name: string
  readonly findings: readonly Finding[]
}

export interface ConfigurationReport {
  readonly sections: readonly Section[]
  /** What could not be found out, a sentence each. */
  readonly problems: readonly string[]
}

export const hasFaults = ({ sections }: ConfigurationReport): boolean =>
  sections.some(({ findings }) => findings.some(({ level }) => level === 'fault'))

/** For programs. `store` is the report of `--store`. */
export function asJson(report: ConfigurationReport, store?: unknown): string {
  const { sections, problems } = report
  const findings = sections.flatMap((section) => ordered(section.findings).map((finding) => ({ configuration: section.name, ...finding })))
  const fine = !hasFaults(report) && problems.length === 0
  return `${JSON.stringify({ format: 1, fine, findings, problems, ...(store === undefined ? {} : { store }) }, null, 2)}\n`
}

/** For people. */
export function asText(report: ConfigurationReport): string {
  const { sections, problems } = report
  const lines = sections.flatMap(({ name, findings }) => [paint('bold', name), ...ordered(findings).flatMap(linesOf), ''])
  const unknown = problems.map((problem) => `${paint('red', '?')} ${problem}`)
  return [...lines, ...unknown, ...(unknown.length > 0 ? [''] : []), verdict(report), ''].join('\n')
}

function linesOf({ check, level, where, message, fix, evidence }: Finding): string[] {
  const marks = { fault: paint('red', '✗'), warning: paint('yellow', '!'), note: paint('dim', '·') }
  return [
    `${marks[level]} ${level} ${paint('bold', check)} at ${where}`,
    `    ${message}`,
    ...evidence.map((line) => `    ${paint('dim', line)}`),
    `    ${paint('green', '→')} ${fix}`,
  ]
}

function verdict(report: ConfigurationReport): string {
  const all = report.sections.flatMap(({ findings }) => findings)
  const counts = LEVELS.flatMap((level) => {
    const count = all.filter((finding) => finding.level === level).length
    return count === 0 ? [] : [`${count} ${level}${count === 1 ? '' : 's'}`]
  })
  const told = counts.length === 0 ? '' : ` ${counts.join(', ')}.`
  if (hasFaults(report)) return `${paint('red', 'Faults were found.')}${told}`
  if (report.problems.length > 0) return `${paint('red', 'Not everything could be found out.')}${told}`
  return `${paint('green', 'Nothing is wrong.')}${told}`
}

/** Faults first; otherwise as they stand. */
const ordered = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
