import type { Entry } from '../entry.ts'
import type { Site } from '../hosts.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { clock } from './time.ts'

const EMPTY: Entry = {
  number: 0,
  at: 0,
  host: '',
  title: '',
  sentence: '',
  tone: 'plain',
  session: null,
  scope: null,
  account: null,
  reason: null,
}

/** The live log, newest first. It is complete without script; with it, new lines arrive by themselves, made from the template. */
export function logSection(entries: readonly Entry[], site: Site): Html {
  return html`<aside class="card log" aria-labelledby="log-title">
    <div class="log-head">
      <h2 id="log-title">Event log</h2>
      <p class="state quiet" id="log-state">as of this page’s loading</p>
    </div>
    <fieldset class="filter">
      <legend>Show</legend>
      <label><input type="radio" name="filter" id="filter-all" checked />all hosts</label>
      <label><input type="radio" name="filter" id="filter-here" />this host</label>
    </fieldset>
    <div role="log" aria-live="polite" aria-labelledby="log-title" class="scroll" tabindex="0">
      <ol id="log" reversed data-testid="log">
        ${entries.toReversed().map((entry) => logLine(entry, site))}
      </ol>
      <p class="quiet none">Nothing yet. Sign in, and it will say what happened.</p>
    </div>
    <template id="log-line">${logLine(EMPTY, site)}</template>
  </aside>`
}

function logLine({ at, host, title, sentence, tone }: Entry, site: Site): Html {
  const tag = host?.split('.')[0] || 'none'
  return html`<li class="tone-${tone} host-${tag} ${host === site.host && 'here'}">
    <p class="meta">
      ${clock(at)} <span class="host"><span class="dot"></span><span class="label">${host ?? 'all hosts'}</span></span>
    </p>
    <p class="title"><code>${title}</code></p>
    <p class="sentence">${sentence}</p>
  </li>`
}
