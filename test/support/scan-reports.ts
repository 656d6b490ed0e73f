/** Reports of scans, for what writes them out. */
import type { Check, Finding } from '../../packages/landbridge/src/cli/checks/check.ts'
import type { CopyExperiment, HostReport, ScanReport, SeenCookie } from '../../packages/landbridge/src/cli/scan/report.ts'

const A = 'a.shop.example'
const B = 'b.shop.example'
const ADMIN = 'admin.shop.example'

export const CHECKS: readonly Check[] = [
  {
    id: 'cookie-works-elsewhere',
    level: 'fault',
    title: 'A session cookie works on another host than the one that set it.',
    why: 'Whoever gets hold of the cookie of one host, through a fault in one tenant’s page or one log file, is signed in on all the others.',
    fix: 'Bind each session to the host it began at, and refuse its cookie elsewhere.',
  },
  {
    id: 'cookie-domain-wide',
    level: 'warning',
    title: 'A session cookie is sent to every subdomain.',
    why: 'Each host below the domain receives the cookie, also one that somebody else runs or takes over.',
    fix: 'Set the cookie without Domain.',
  },
  {
    id: 'dangling-cname',
    level: 'fault',
    title: 'A host is an alias of a name that somebody else could take.',
    why: 'Whoever takes it receives the cookies of the domain.',
    fix: 'Remove the CNAME record.',
  },
  {
    id: 'redirects-elsewhere',
    level: 'note',
    title: 'A host redirects to another one.',
    why: 'Worth knowing.',
    fix: 'Nothing needs to be done.',
  },
]

const COOKIE: SeenCookie = {
  name: 'sessionid',
  domain: null,
  path: '/',
  secure: false,
  httpOnly: true,
  sameSite: 'Lax',
  maxAgeS: 1_209_600,
  isSession: true,
}

const host = (name: string, more: Partial<HostReport> = {}): HostReport => ({
  url: `https://${name}/`,
  status: 200,
  problem: null,
  redirects: [],
  cookies: [COOKIE, { ...COOKIE, name: 'csrftoken', httpOnly: false, secure: true, sameSite: null, maxAgeS: null, isSession: false }],
  server: 'nginx/1.22.1',
  ...more,
})

const copy = (from: string, to: string, outcome: CopyExperiment['outcome']): CopyExperiment => ({
  from,
  to,
  cookies: ['sessionid'],
  as: 'signed-in',
  outcome,
  because: [
    outcome === 'accepted'
      ? 'the page greeted the same visitor as at the first host, and differed from what a stranger sees'
      : outcome === 'refused'
        ? 'the page was the one that a stranger sees'
        : 'the page was the same for everybody',
  ],
})

const FINDINGS: readonly Finding[] = [
  {
    check: 'redirects-elsewhere',
    level: 'note',
    where: `https://${ADMIN}/`,
    message: `${ADMIN} redirects to sso.shop.example.`,
    fix: 'Nothing needs to be done.',
    evidence: [],
  },
  {
    check: 'cookie-works-elsewhere',
    level: 'fault',
    where: A,
    message: `The cookie sessionid of ${A} was accepted at ${B}.`,
    fix: 'Bind each session to the host it began at, and refuse its cookie elsewhere.',
    evidence: ['with the cookie: “Hello ada”, as at the first host', 'without: “Hello stranger”'],
  },
  {
    check: 'cookie-works-elsewhere',
    level: 'fault',
    where: B,
    message: `The cookie sessionid of ${B} was accepted at ${A}.`,
    fix: 'Bind each session to the host it began at, and refuse its cookie elsewhere.',
    evidence: [],
  },
  {
    check: 'cookie-domain-wide',
    level: 'warning',
    where: `https://${ADMIN}/`,
    message: 'The cookie sid has Domain=shop.example.',
    fix: 'Set sid without Domain.',
    evidence: ['Set-Cookie: sid=…; Domain=shop.example; Path=/'],
  },
]

/** Something of everything. */
export const REPORT: ScanReport = {
  landbridge: '0.1.0',
  startedAt: '2026-11-21T12:00:00.000Z',
  endedAt: '2026-11-21T12:00:14.500Z',
  requests: 64,
  complete: false,
  problems: ['old.shop.example did not answer within 10 seconds.'],
  hosts: [
    host(A),
    host(B),
    host(ADMIN, { redirects: ['sso.shop.example'], cookies: [{ ...COOKIE, name: 'sid', domain: 'shop.example' }], server: null }),
    host('old.shop.example', { status: null, problem: 'no answer within 10 seconds', cookies: [], server: null }),
  ],
  experiments: [
    copy(A, B, 'accepted'),
    copy(A, ADMIN, 'refused'),
    copy(B, A, 'accepted'),
    copy(B, ADMIN, 'unclear'),
    copy(ADMIN, A, 'refused'),
  ],
  probes: [
    {
      url: `https://${A}/transfer`,
      method: 'POST',
      origin: 'https://attacker.example',
      outcome: 'accepted',
      status: 200,
      because: ['the answer was the one that the host gives its own pages'],
    },
  ],
  findings: FINDINGS,
}

/** Nothing wrong. */
export const CLEAN: ScanReport = { ...REPORT, complete: true, problems: [], findings: [], probes: [], experiments: [copy(A, B, 'refused')] }

/** The same with `text` wherever a server, a name in DNS or an error message could put one. */
export function hostile(text: string): ScanReport {
  const cookie: SeenCookie = { ...COOKIE, name: text, domain: text, path: text, sameSite: text }
  return {
    ...REPORT,
    problems: [text],
    hosts: [host('a.shop.example', { url: text, problem: text, redirects: [text, text], cookies: [cookie], server: text })],
    experiments: (['accepted', 'refused', 'unclear'] as const).map((outcome) => ({
      ...copy(text, `${text}!`, outcome),
      cookies: [text],
      because: [text],
    })),
    probes: [{ url: text, method: text, origin: text, outcome: 'unclear', status: null, because: [text] }],
    findings: (['fault', 'warning', 'note'] as const).map((level) => ({
      check: level === 'note' ? text : 'dangling-cname',
      level,
      where: text,
      message: text,
      fix: text,
      evidence: [text, text],
    })),
  }
}
