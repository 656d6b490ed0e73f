/** The report of a scan for programs. Its shape is told in docs/scan-report.md, and only ever grows under one `format`. */
import type { Finding } from '../checks/check.ts'
import type { CopyExperiment, HostReport, ProbeResult, ScanReport, SeenCookie } from './report.ts'
import { shownJson } from './shown.ts'

const FORMAT = 1

/** Each field is named here: what the engine keeps beside them is not published by accident. */
export function reportAsJson(report: ScanReport): string {
  const { landbridge, startedAt, endedAt, requests, complete, problems } = report
  const of = (level: Finding['level']): number => report.findings.filter((finding) => finding.level === level).length
  return shownJson({
    format: FORMAT,
    landbridge,
    startedAt,
    endedAt,
    requests,
    complete,
    counts: { fault: of('fault'), warning: of('warning'), note: of('note') },
    problems,
    findings: report.findings.map(findingOf),
    hosts: report.hosts.map(hostOf),
    experiments: report.experiments.map(experimentOf),
    probes: report.probes.map(probeOf),
  })
}

const findingOf = ({ check, level, where, message, fix, evidence }: Finding): Finding => ({ check, level, where, message, fix, evidence })

const hostOf = ({ url, status, problem, redirects, server, cookies }: HostReport): HostReport => ({
  url,
  status,
  problem,
  redirects,
  server,
  cookies: cookies.map(cookieOf),
})

const cookieOf = ({ name, domain, path, secure, httpOnly, sameSite, maxAgeS, isSession }: SeenCookie): SeenCookie => ({
  name,
  domain,
  path,
  secure,
  httpOnly,
  sameSite,
  maxAgeS,
  isSession,
})

const experimentOf = ({ from, to, cookies, as, outcome, because }: CopyExperiment): CopyExperiment => ({
  from,
  to,
  cookies,
  as,
  outcome,
  because,
})

const probeOf = ({ url, method, origin, outcome, status, because }: ProbeResult): ProbeResult => ({
  url,
  method,
  origin,
  outcome,
  status,
  because,
})
