/** How a sign-in lasts, and what ends it: devices, a changed password, a stolen cookie. */
import type { Result } from '../experiment.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { View } from '../modes/mode.ts'
import { outcome } from './experiment.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'
import { moment } from './time.ts'

interface Shown {
  readonly view: View
  readonly lifecycle: Lifecycle
  readonly result: Result | null
  readonly now: number
  readonly done: unknown
}

export function lifecycleSection(shown: Shown): Html {
  const { view, lifecycle, result, done } = shown
  const own = result !== null && result.from.host === result.to.host
  return html`<section class="card wide" aria-labelledby="lifecycle-title">
    <h2 id="lifecycle-title">Staying signed in</h2>
    ${noticeFor('lifecycle', done)}
    ${
      view.account === null
        ? html`<p class="quiet">Sign in first, with <b>Stay signed in</b> perhaps.</p>`
        : html`<p class="quiet" data-testid="lasting">${lasting(shown)}</p>
            <p class="buttons"><a class="button" href="/devices">Your devices</a></p>
            <div class="beside">${passwordActs(view.account)} ${view.remembered && theftActs(lifecycle)}</div>`
    }
    ${own && outcome(result)}
  </section>`
}

function lasting({ view, lifecycle: { replacedAt }, now }: Shown): Html {
  if (!view.remembered) return html`This sign-in ends when the browser closes. Sign in with <b>Stay signed in</b> to see more here.`
  return html`Remembered: close the browser, open it again, and you are still in. The secret in the cookie
  ${replacedAt === null ? 'is replaced each day.' : html`was replaced ${moment(replacedAt, now)}`}`
}

function passwordActs(account: string): Html {
  return acts(
    'A new password',
    html`${act('/change-password', html`<button>Change the password</button>`, html`Ends all other sessions of ${account}. Needs a sign-in of the last ten minutes: <code>fresh('10m')</code>`)}
    ${act('/let-time-pass', html`<button name="time" value="minutes">Let 10 minutes pass</button>`, html`Then changing it asks you to sign in again.`)}`,
  )
}

function theftActs({ copied }: Lifecycle): Html {
  return acts(
    'A stolen cookie',
    html`${act('/copy-cookie', html`<button>Copy the cookie</button>`, html`${copied && html`<span class="chip on">copied</span> `}As a thief does who finds it in a backup.`)}
    ${act('/let-time-pass', html`<button name="time" value="day">Let a day pass</button>`, html`Your next page gets a new secret; the session stays.`)}
    ${act('/show-copy', html`<button ${!copied && html`disabled`}>Show the copy</button>`, html`From another browser, two minutes later.`)}`,
  )
}

const acts = (title: string, list: Html): Html =>
  html`<div>
    <h3>${title}</h3>
    <ul class="actions">
      ${list}
    </ul>
  </div>`

const act = (path: string, button: Html, effect: Html): Html =>
  html`<li>
    <form method="post" action="${path}">${button}</form>
    <p>${effect}</p>
  </li>`
