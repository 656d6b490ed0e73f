import type { ModeId } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'

/** The switch between the library and what a default framework does; it stands on every host where nothing crosses, and holds for all of these. */
export function modeSection(mode: ModeId, done: unknown): Html {
  const on = mode === 'express-session'
  return html`<section class="mode ${on && 'hole'}" aria-labelledby="mode-title">
    <div>
      <h2 id="mode-title">${on ? 'Default framework is on: express-session, where nothing crosses' : 'Sessions are kept by Landbridge'}</h2>
      <p>
        ${
          on
            ? 'One memory store and a host-only cookie on each isolated and shared host, with the options of its manual. Run the experiment and compare.'
            : 'Turn on express-session to see what a default framework does in the same experiment.'
        }
      </p>
      ${noticeFor('mode', done)}
    </div>
    <form method="post" action="/mode" class="segments" aria-label="Who keeps the sessions">
      ${segment('landbridge', 'Landbridge', mode)} ${segment('express-session', 'express-session', mode)}
    </form>
  </section>`
}

function segment(id: ModeId, label: string, mode: ModeId): Html {
  return html`<button name="mode" value="${id}" aria-pressed="${id === mode ? 'true' : 'false'}">${label}</button>`
}
