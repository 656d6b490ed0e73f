/**
 * The report of a scan as one HTML file that can be sent to somebody: no script, nothing from elsewhere, and a policy that says so. What
 * servers sent stands in it as text.
 */
import { createHash } from 'node:crypto'
import type { Check, Finding, Level } from '../checks/check.ts'
import { LEVELS } from '../checks/check.ts'
import { STYLE } from './html-style.ts'
import { experimentSection, hostSection, probeSection } from './html-tables.ts'
import { html, Markup, NOTHING } from './markup.ts'
import type { ScanReport } from './report.ts'
import type { Group, Summary } from './summary.ts'
import { circumstances, plural, summaryOf } from './summary.ts'

const LEVEL_COLOURS = { fault: 'red', warning: 'amber', note: 'grey' } as const
const VERDICT_COLOURS = { faults: 'red', incomplete: 'amber', fine: 'green' } as const

/** In one piece: the policy knows it by its hash. */
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`)
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`

export function reportAsHtml(report: ScanReport, checks: readonly Check[]): string {
  const summary = summaryOf(report, checks)
  // The policy stands before all that it is to govern.
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Sessions across hosts: ${plural(summary.counts.fault, 'fault')} at ${plural(report.hosts.length, 'host')}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <h1>Sessions across hosts</h1>
          <p class="about">${circumstances(report).join(' · ')}</p>
          ${verdictOf(summary)}
        </header>
        <main>
          ${[problemSection(report), findingSection(summary), experimentSection(report), probeSection(report), hostSection(report)]}
        </main>
        <footer>
          <p>Seen from outside, by requests to the hosts that were named and by nothing else. What no request showed is not in here.</p>
        </footer>
      </body>
    </html> `
  return page.source
}

function verdictOf({ verdict, sentence, copies, counts }: Summary): Markup {
  const badges = LEVELS.map((level) => html`<li class="badge ${LEVEL_COLOURS[level]}">${plural(counts[level], level)}</li>`)
  return html`<div class="verdict ${VERDICT_COLOURS[verdict]}">
      <p>${sentence}</p>
      ${copies === '' ? NOTHING : html`<div>${copies}</div>`}
    </div>
    <ul class="counts" aria-label="How many were found">
      ${badges}
    </ul>`
}

function problemSection({ problems }: ScanReport): Markup {
  if (problems.length === 0) return NOTHING
  return html`<section aria-labelledby="problems">
    <h2 id="problems">What could not be found out</h2>
    <ul class="card list">
      ${problems.map((problem) => html`<li>${problem}</li>`)}
    </ul>
  </section>`
}

function findingSection({ groups }: Summary): Markup {
  const nothing = html`<p class="card">Nothing was found.</p>`
  return html`<section aria-labelledby="findings">
    <h2 id="findings">Findings</h2>
    ${groups.length === 0 ? nothing : groups.map(groupOf)}
  </section>`
}

function groupOf({ check, level, findings }: Group): Markup {
  return html`<article class="card">
    <div class="title">
      <h3>${check.title}</h3>
      ${badgeOf(level)}
    </div>
    <p class="soft"><code>${check.id}</code></p>
    ${paragraph('Why it matters', check.why)} ${paragraph('What to do', check.fix)}
    <ul class="findings">
      ${findings.map((finding) => findingOf(finding, check, level))}
    </ul>
  </article>`
}

function findingOf({ level, where, message, fix, evidence }: Finding, check: Check, ofGroup: Level): Markup {
  const known = html`<ul class="evidence">
    ${evidence.map((line) => html`<li>${line}</li>`)}
  </ul>`
  return html`<li>
    <p>${level === ofGroup ? NOTHING : badgeOf(level)} <code>${where}</code></p>
    <p>${message}</p>
    ${evidence.length === 0 ? NOTHING : known} ${fix === check.fix ? NOTHING : html`<p class="fix">${fix}</p>`}
  </li>`
}

const badgeOf = (level: Level): Markup => html`<span class="badge ${LEVEL_COLOURS[level]}">${level}</span>`

const paragraph = (head: string, text: string): Markup => (text === '' ? NOTHING : html`<p><strong>${head}.</strong> ${text}</p>`)
