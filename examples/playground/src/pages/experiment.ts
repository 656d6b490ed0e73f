import type { Result } from '../experiment.ts'
import type { Site } from '../hosts.ts'
import { crosses, SITES } from '../hosts.ts'
import type { ModeId, Verdict, View } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'

/** The experiment that the playground is about. */
export function experimentSection(view: View, site: Site, mode: ModeId, result: Result | null, done: unknown): Html {
  return html`<section class="card wide experiment" aria-labelledby="experiment-title">
    <h2 id="experiment-title">Show this cookie to another host</h2>
    <p>
      The server takes the cookie that this browser sent to ${site.host} and presents it to another host in a request of its own, as a thief
      would. It then tells you what that host made of it.
    </p>
    ${noticeFor('experiment', done)}
    ${view.cookie === null ? html`<p class="quiet">Sign in first: there is no cookie to show yet.</p>` : form(site, mode, result)}
    ${result && result.from !== result.to && outcome(result)}
  </section>`
}

/** Hosts that cross are kept by Landbridge always: there is nobody to compare with. */
function form(site: Site, mode: ModeId, result: Result | null): Html {
  const others = SITES.filter((other) => other.host !== site.host && (mode === 'landbridge' || !crosses(other)))
  const chosen =
    others.find((other) => other === result?.to) ??
    others.find(({ topology }) => topology === (site.topology === 'hub' ? 'spoke' : site.topology))
  return html`<form method="post" action="/experiment" class="line">
    <label for="to">Other host</label>
    <div class="field">
      <select id="to" name="to">
        ${others.map((other) => html`<option value="${other.host}" ${other === chosen && html`selected`}>${other.host} (${other.topology})</option>`)}
      </select>
      <button class="primary">Show it</button>
    </div>
  </form>`
}

const MARK: Record<Verdict['outcome'], string> = { refused: '✕', accepted: '✓', hole: '!' }
const WORD: Record<Verdict['outcome'], string> = { refused: 'Refused', accepted: 'Accepted', hole: 'The hole' }

/** What came of it; of a copy that is shown to the host of the cookie itself as well. */
export function outcome({ mode, verdict, shown }: Result): Html {
  return html`<div
    class="verdict ${verdict.outcome}"
    id="result"
    tabindex="-1"
    role="group"
    aria-labelledby="verdict-title"
    data-testid="verdict"
  >
    <p class="stamp">
      <span aria-hidden="true">${MARK[verdict.outcome]}</span>${WORD[verdict.outcome]}
      <span class="by">with ${mode === 'landbridge' ? 'Landbridge' : mode}</span>
    </p>
    <h3 id="verdict-title">${verdict.title}</h3>
    <ol class="trace">
      <li><b>What was sent</b> ${verdict.sent}</li>
      <li><b>What the server looked up</b> ${verdict.lookedUp}</li>
      <li><b>Why</b> ${verdict.why}</li>
    </ol>
    <div class="wires">${wire('Request', shown.request)} ${wire('Response', shown.response)}</div>
  </div>`
}

function wire(title: string, lines: readonly string[]): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    <pre tabindex="0" role="group" aria-label="${title}, secret masked">${lines.join('\n')}</pre>
  </figure>`
}
