/** The tables of the HTML report: which host accepted whose cookie, what other sites could send, and what each host sets. */
import { html, NOTHING } from './markup.ts'
import type { Markup } from './markup.ts'
import { shown } from './shown.ts'
import type { CopyExperiment, HostReport, ProbeResult, ScanReport } from './report.ts'
import { answerOf, cookieWords, shownCookies } from './summary.ts'

type Outcome = CopyExperiment['outcome']

const COLOURS: Readonly<Record<Outcome, string>> = { accepted: 'red', refused: 'green', unclear: 'grey' }
const MARKS: Readonly<Record<Outcome, string>> = { accepted: '✗', refused: '✓', unclear: '?' }
/** What counts where several cookies were tried at one pair of hosts. */
const WORST_FIRST: readonly Outcome[] = ['accepted', 'unclear', 'refused']

export function experimentSection({ experiments }: ScanReport): Markup {
  if (experiments.length === 0) return NOTHING
  const from = [...new Set(experiments.map((each) => each.from))]
  const to = [...new Set([...from, ...experiments.map((each) => each.to)])]
  const row = (host: string): Markup =>
    html`<tr>
      <th scope="row">${breakable(host)}</th>
      ${to.map((other) => cellOf(host, other, experiments))}
    </tr>`
  return html`<section aria-labelledby="copies">
    <h2 id="copies">Cookies shown to other hosts</h2>
    <p>
      Each row takes the session cookie of one host to the others, as a thief would who got hold of it. <em>Accepted</em> means that it
      opened the same session there; <em>refused</em>, that its bearer was a stranger.
    </p>
    <div class="scroll" role="region" aria-labelledby="matrix" tabindex="0">
      <table class="matrix">
        <caption id="matrix">
          Which host accepts the cookie of which other host
        </caption>
        <thead>
          <tr>
            <th scope="col">cookie of ↓ shown to →</th>
            ${to.map((host) => html`<th scope="col">${breakable(host)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${from.map(row)}
        </tbody>
      </table>
    </div>
    <ul class="findings">
      ${experiments.map((each) => outcomeOf(each, `${each.from} → ${each.to}`, shownCookies(each)))}
    </ul>
  </section>`
}

/** A name that may go on in the next line at a dot, before it does within a word. */
const breakable = (host: string): Markup =>
  html`${shown(host)
    .split('.')
    .map((label, i) => (i === 0 ? html`${label}` : html`<wbr />.${label}`))}`

function cellOf(from: string, to: string, experiments: readonly CopyExperiment[]): Markup {
  if (from === to) return html`<td class="mark soft">its own</td>`
  const tried = experiments.filter((each) => each.from === from && each.to === to)
  const outcome = WORST_FIRST.find((each) => tried.some((one) => one.outcome === each))
  if (outcome === undefined) return html`<td class="mark soft">not tried</td>`
  const as = [...new Set(tried.filter((each) => each.outcome === outcome).map((each) => each.as))].join(', ')
  return html`<td class="mark ${COLOURS[outcome]}"><span>${MARKS[outcome]} ${outcome}</span> <small>${as}</small></td>`
}

export function probeSection({ probes }: ScanReport): Markup {
  if (probes.length === 0) return NOTHING
  const item = (probe: ProbeResult): Markup =>
    outcomeOf(probe, `${probe.method} ${probe.url}`, `as from ${probe.origin}${probe.status === null ? '' : `, status ${probe.status}`}`)
  return html`<section aria-labelledby="probes">
    <h2 id="probes">Requests as from another site</h2>
    <p>What a page of another site can have a signed-in visitor’s browser send.</p>
    <ul class="findings">
      ${probes.map(item)}
    </ul>
  </section>`
}

function outcomeOf({ outcome, because }: CopyExperiment | ProbeResult, what: string, aside: string): Markup {
  return html`<li>
    <p><span class="badge ${COLOURS[outcome]}">${outcome}</span> <code>${what}</code> <span class="soft">(${aside})</span></p>
    ${
      because.length === 0
        ? NOTHING
        : html`<ul class="evidence">
            ${because.map((line) => html`<li>${line}</li>`)}
          </ul>`
    }
  </li>`
}

export function hostSection({ hosts }: ScanReport): Markup {
  return html`<section aria-labelledby="hosts">
    <h2 id="hosts">Hosts and their cookies</h2>
    ${hosts.map(hostOf)}
  </section>`
}

function hostOf(host: HostReport, index: number): Markup {
  const redirects = host.redirects.length === 0 ? NOTHING : html`<p>Redirects to ${host.redirects.join(' → ')}.</p>`
  return html`<article class="card">
    <h3>${host.url}</h3>
    <p class="soft">${answerOf(host)}</p>
    ${redirects} ${cookiesOf(host, index)}
  </article>`
}

function cookiesOf(host: HostReport, index: number): Markup {
  if (host.cookies.length > 0) return cookieTable(host, index)
  return host.status === null ? NOTHING : html`<p>No cookies were set.</p>`
}

function cookieTable({ url, cookies }: HostReport, index: number): Markup {
  const rows = cookies.map((cookie) => {
    const { scope, path, guards, lives } = cookieWords(cookie)
    const kind = cookie.isSession ? html` <span class="badge grey">session</span>` : NOTHING
    return html`<tr>
      <th scope="row"><code>${cookie.name}</code>${kind}</th>
      <td>${scope}</td>
      <td>${path}</td>
      <td>${guards.join(', ')}</td>
      <td>${lives}</td>
    </tr>`
  })
  return html`<div class="scroll" role="region" aria-labelledby="cookies-${index}" tabindex="0">
    <table>
      <caption id="cookies-${index}">
        Cookies of ${url}
      </caption>
      <thead>
        <tr>
          <th scope="col">name</th>
          <th scope="col">for</th>
          <th scope="col">path</th>
          <th scope="col">attributes</th>
          <th scope="col">kept for</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}
