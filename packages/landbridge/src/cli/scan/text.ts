/** The report of a scan for people at a terminal: what is wrong first, then what was seen. No line is longer than 80 columns. */
import type { Paint } from '../terminal.ts'
import type { Check, Finding, Level } from '../checks/check.ts'
import type { CopyExperiment, HostReport, ProbeResult, ScanReport } from './report.ts'
import { shown } from './shown.ts'
import type { Group } from './summary.ts'
import { answerOf, circumstances, cookieWords, probeLine, shownCookies, summaryOf } from './summary.ts'

type Style = Parameters<Paint>[0]

const COLUMNS = 80
/** So that something fits beside any indent. */
const NARROWEST = 20

const MARKS: Readonly<Record<Level, readonly [Style, string]>> = { fault: ['red', '✗'], warning: ['yellow', '!'], note: ['dim', '·'] }
const OUTCOMES: Readonly<Record<CopyExperiment['outcome'], readonly [Style, string]>> = {
  accepted: ['red', '✗'],
  refused: ['green', '✓'],
  unclear: ['yellow', '?'],
}
const VERDICTS = { faults: 'red', incomplete: 'yellow', fine: 'green' } as const

export function reportAsText(report: ScanReport, checks: readonly Check[], paint: Paint): string {
  const { verdict, sentence, copies, groups } = summaryOf(report, checks)
  const page = new Page(paint)
  page.add(0, sentence, VERDICTS[verdict])
  if (copies !== '') page.add(0, copies)
  page.add(0, circumstances(report).join(' · '), 'dim')
  if (report.problems.length > 0) {
    page.heading('What could not be found out')
    for (const problem of report.problems) page.marked(0, ['yellow', '?'], problem)
  }
  for (const group of groups) addGroup(page, group)
  page.heading('Hosts and their cookies')
  for (const host of report.hosts) addHost(page, host)
  if (report.experiments.length > 0) {
    page.heading('Cookies shown to other hosts')
    for (const each of report.experiments) addOutcome(page, each, `${each.from} → ${each.to}`, `(${shownCookies(each)})`)
  }
  if (report.probes.length > 0) {
    page.heading('Requests as from another site')
    for (const each of report.probes) addOutcome(page, each, probeLine(each), each.status === null ? '' : `(status ${each.status})`)
  }
  return page.text()
}

function addGroup(page: Page, { check, level, findings }: Group): void {
  page.gap()
  page.marked(0, MARKS[level], `${check.title} [${check.id}]`, 'bold')
  if (check.why !== '') page.add(2, check.why)
  const fixes = new Set(findings.map(({ fix }) => fix))
  for (const finding of findings) addFinding(page, finding, fixes.size > 1)
  if (fixes.size === 1) page.marked(2, ['green', 'Fix:'], findings[0]!.fix)
}

function addFinding(page: Page, { level, where, message, fix, evidence }: Finding, tellFix: boolean): void {
  page.marked(2, MARKS[level], `${where}: ${message}`)
  for (const line of evidence) page.add(6, line, 'dim')
  if (tellFix) page.marked(4, ['green', 'Fix:'], fix)
}

function addHost(page: Page, host: HostReport): void {
  page.marked(0, host.status === null ? ['yellow', '?'] : ['dim', '·'], `${host.url}: ${answerOf(host)}`)
  if (host.redirects.length > 0) page.add(2, `redirects to ${host.redirects.join(' → ')}`)
  if (host.status !== null && host.cookies.length === 0) page.add(2, 'no cookies', 'dim')
  for (const cookie of host.cookies) {
    const { scope, path, guards, lives } = cookieWords(cookie)
    page.add(2, cookie.isSession ? `${cookie.name} (session)` : cookie.name, 'bold')
    page.add(4, `${scope}, path ${path}, ${guards.join(', ')}, ${lives}`)
  }
}

function addOutcome(page: Page, { outcome, because }: CopyExperiment | ProbeResult, what: string, aside: string): void {
  page.marked(0, OUTCOMES[outcome], `${what}: ${outcome} ${aside}`.trimEnd())
  for (const line of because) page.marked(2, ['dim', 'because:'], line)
}

/** Lines of limited length. Everything that is added is made fit to be shown, before it is painted. */
class Page {
  readonly #paint: Paint
  readonly #lines: string[] = []

  constructor(paint: Paint) {
    this.#paint = paint
  }

  add(indent: number, text: string, style?: Style): void {
    for (const line of wrapped(shown(text), COLUMNS - indent)) this.#lines.push(' '.repeat(indent) + this.#styled(line, style))
  }

  /** With a mark before its first line, and the others below the text. */
  marked(indent: number, [style, mark]: readonly [Style, string], text: string, textStyle?: Style): void {
    const deep = indent + mark.length + 1
    const [first = '', ...rest] = wrapped(shown(text), COLUMNS - deep)
    this.#lines.push(`${' '.repeat(indent)}${this.#paint(style, mark)} ${this.#styled(first, textStyle)}`)
    for (const line of rest) this.#lines.push(' '.repeat(deep) + this.#styled(line, textStyle))
  }

  heading(text: string): void {
    this.gap()
    this.add(0, text, 'bold')
  }

  gap(): void {
    this.#lines.push('')
  }

  text(): string {
    return `${this.#lines.map((line) => line.trimEnd()).join('\n')}\n`
  }

  #styled(line: string, style: Style | undefined): string {
    return style === undefined ? line : this.#paint(style, line)
  }
}

/** Breaks at spaces, and within a word that is longer than a line. */
function wrapped(text: string, columns: number): string[] {
  const width = Math.max(columns, NARROWEST)
  const lines: string[] = ['']
  for (const word of text.split(' ').flatMap((each) => piecesOf(each, width))) {
    const line = lines.at(-1)!
    const longer = line === '' ? word : `${line} ${word}`
    if (lengthOf(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function piecesOf(word: string, width: number): string[] {
  const characters = Array.from(word)
  const count = Math.max(1, Math.ceil(characters.length / width))
  return Array.from({ length: count }, (_, i) => characters.slice(i * width, (i + 1) * width).join(''))
}

const lengthOf = (text: string): number => Array.from(text).length
