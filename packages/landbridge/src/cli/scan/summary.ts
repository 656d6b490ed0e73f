/** What all reports for people say in the same words. */
import type { Check, Finding, Level } from '../checks/check.ts'
import { LEVELS } from '../checks/check.ts'
import type { CopyExperiment, HostReport, ProbeResult, ScanReport, SeenCookie } from './report.ts'

export interface Summary {
  /** `faults`: something is wrong · `incomplete`: nothing is, as far as could be seen · `fine`. */
  readonly verdict: 'faults' | 'incomplete' | 'fine'
  readonly sentence: string
  /** What came of showing cookies to other hosts, in one sentence; empty where it was not tried. */
  readonly copies: string
  readonly counts: Readonly<Record<Level, number>>
  readonly groups: readonly Group[]
}

/** The findings of one check, which all have the same reason to matter. */
export interface Group {
  readonly check: Check
  /** The worst of the findings. */
  readonly level: Level
  readonly findings: readonly Finding[]
}

export function summaryOf({ findings, complete, experiments }: ScanReport, checks: readonly Check[]): Summary {
  const of = (level: Level): number => findings.filter((finding) => finding.level === level).length
  const counts = { fault: of('fault'), warning: of('warning'), note: of('note') }
  const verdict = counts.fault > 0 ? 'faults' : complete ? 'fine' : 'incomplete'
  const said = {
    faults: `Faults were found: ${countsAsText(counts)}.`,
    incomplete: `No fault was found, but not everything could be found out: ${countsAsText(counts)}.`,
    fine: findings.length === 0 ? 'Nothing is wrong.' : `No fault was found: ${countsAsText(counts)}.`,
  }
  return { verdict, sentence: said[verdict], copies: copiesAsText(experiments), counts, groups: groupsOf(findings, checks) }
}

function countsAsText(counts: Readonly<Record<Level, number>>): string {
  const parts = LEVELS.filter((level) => counts[level] > 0).map((level) => plural(counts[level], level))
  return parts.length === 0 ? 'nothing to tell' : parts.join(', ')
}

function copiesAsText(experiments: readonly CopyExperiment[]): string {
  if (experiments.length === 0) return ''
  const accepted = experiments.filter(({ outcome }) => outcome === 'accepted').length
  const unclear = experiments.filter(({ outcome }) => outcome === 'unclear').length
  const open = unclear === 0 ? '' : `; ${unclear} of them cannot be told`
  const tries = plural(experiments.length, 'time')
  return `A session cookie was shown to another host ${tries}, and opened the session there in ${accepted}${open}.`
}

/** Worst first, then in the order of the catalogue. */
function groupsOf(findings: readonly Finding[], checks: readonly Check[]): Group[] {
  const ids = new Set([...checks.map(({ id }) => id), ...findings.map(({ check }) => check)])
  const groups = [...ids].map((id) => groupOf(id, findings, checks)).filter((group) => group.findings.length > 0)
  return groups.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
}

function groupOf(id: string, findings: readonly Finding[], checks: readonly Check[]): Group {
  const own = LEVELS.flatMap((level) => findings.filter((finding) => finding.check === id && finding.level === level))
  const level = own[0]?.level ?? 'note'
  return { check: checks.find((check) => check.id === id) ?? { id, level, title: id, why: '', fix: '' }, level, findings: own }
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** When it was, how long it took and how much was asked. */
export function circumstances({ startedAt, endedAt, requests, landbridge, hosts }: ScanReport): string[] {
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
  const took = Number.isFinite(seconds) ? [`${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} seconds`] : []
  return [`Landbridge ${landbridge}`, momentOf(startedAt), ...took, plural(requests, 'request'), plural(hosts.length, 'host')]
}

/** `2026-11-21 12:00 UTC` */
const momentOf = (iso: string): string => iso.replace(/^([\d-]+)T(\d\d:\d\d).*Z$/, '$1 $2 UTC')

/** What a host answered, apart from its cookies. */
export function answerOf({ status, problem, server }: HostReport): string {
  if (status === null) return problem ?? 'no answer'
  return [`status ${status}`, ...(server === null ? [] : [`server ${server}`]), ...(problem === null ? [] : [problem])].join(', ')
}

/** The columns of a cookie beside its name. */
export function cookieWords(cookie: SeenCookie): { scope: string; path: string; guards: string[]; lives: string } {
  const sameSite = cookie.sameSite === null ? 'no SameSite' : `SameSite=${cookie.sameSite}`
  return {
    scope: cookie.domain === null ? 'host-only' : `Domain=${cookie.domain}`,
    path: cookie.path,
    guards: [cookie.secure ? 'Secure' : 'not Secure', cookie.httpOnly ? 'HttpOnly' : 'not HttpOnly', sameSite],
    lives: cookie.maxAgeS === null ? 'until the browser closes' : durationOf(cookie.maxAgeS),
  }
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

function durationOf(seconds: number): string {
  if (!(seconds > 0)) return 'removed at once'
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[3]
  return plural(Math.round(seconds / size), unit)
}

/** What was shown to the other host: `signed in, with connect.sid`. */
export function shownCookies({ as, cookies }: CopyExperiment): string {
  const whose = as === 'signed-in' ? 'signed in' : 'not signed in'
  return cookies.length === 0 ? whose : `${whose}, with ${cookies.join(', ')}`
}

export const probeLine = ({ method, url, origin }: ProbeResult): string => `${method} ${url} from ${origin}`
