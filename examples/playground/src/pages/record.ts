import type { Fact, ShownHandle, View } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { moment } from './time.ts'

export function recordSection({ record, handles, session }: View, now: number): Html {
  return html`<section class="card" aria-labelledby="record-title">
    <h2 id="record-title">The session on the server</h2>
    ${
      session === null
        ? html`<p class="quiet">None: nothing is stored about this visitor.</p>`
        : html`<dl class="facts">${record.map((fact) => factLine(fact, now))}</dl>
            <h3>Handles</h3>
            ${
              handles === null
                ? html`<p class="quiet">
                    This library knows none. The id in the cookie is the key to the record, on whichever host it is shown.
                  </p>`
                : handleTable(handles, now)
            }`
    }
  </section>`
}

export function factLine([name, value]: Fact, now: number): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd ${name === 'Session id' && html`data-testid="session-id"`} class="${typeof value === 'string' && !value.includes(' ') && 'code'}">
      ${typeof value === 'number' ? moment(value, now) : value}
    </dd>
  </div>`
}

function handleTable(handles: readonly ShownHandle[], now: number): Html {
  return html`<ul class="handles" data-testid="handles">
    ${handles.map(
      ({ scope, createdAt, expiresAt, current }) =>
        html`<li>
          <p><code>${scope}</code>${current && html` <span class="chip">this request</span>`}</p>
          <p class="quiet">made ${moment(createdAt, now)}</p>
          <p class="quiet">ends if idle ${moment(expiresAt, now)}</p>
        </li>`,
    )}
  </ul>`
}
