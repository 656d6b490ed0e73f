import type { View } from '../modes/mode.ts'
import { VALUE_KEYS } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'

export function valuesSection({ values, accountTag }: View, done: unknown): Html {
  // A form that knows whom it was made for saves nothing for anybody else.
  const tag = accountTag !== null && html`<input type="hidden" name="account" value="${accountTag}" />`
  return html`<section class="card loose" aria-labelledby="values-title">
    <h2 id="values-title">Values in the session</h2>
    ${noticeFor('values', done)}
    ${
      values.length === 0
        ? html`<p class="quiet">None yet.</p>`
        : html`<ul class="values" data-testid="values">
            ${values.map(
              ([key, value]) =>
                html`<li>
                  <code>${key}</code><span class="value" data-testid="value-${key}">${value}</span>
                  <form method="post" action="/remove-value">
                    ${tag}<button name="key" value="${key}" aria-label="Remove ${key}">Remove</button>
                  </form>
                </li>`,
            )}
          </ul>`
    }
    <form method="post" action="/set-value" class="line">
      ${tag}
      <div class="field">
        <div class="narrow">
          <label for="key">Key</label>
          <select id="key" name="key">
            ${VALUE_KEYS.map((key) => html`<option>${key}</option>`)}
          </select>
        </div>
        <div>
          <label for="value">Value</label>
          <input id="value" name="value" required maxlength="500" autocomplete="off" />
        </div>
        <button>Set</button>
      </div>
    </form>
    ${
      accountTag !== null &&
      html`<p class="quiet">
        The form carries <code>accountTag()</code>. Open this page twice, switch the account at the hub, load one of them again, and send
        the other: it answers 409.
      </p>`
    }
  </section>`
}
