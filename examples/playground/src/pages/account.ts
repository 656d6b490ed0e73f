import type { Site } from '../hosts.ts'
import type { Mode, View } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'
import { moment } from './time.ts'

export function accountSection(view: View, site: Site, mode: Mode, now: number, done: unknown): Html {
  return html`<section class="card account" aria-labelledby="account-title">
    <h2 id="account-title">Who is signed in here</h2>
    ${
      view.account === null
        ? html`<p class="who" data-testid="who">Nobody</p>
            <p class="quiet">${site.host} sees an anonymous visitor${view.session === null ? '.' : ' with a session.'}</p>`
        : html`<p class="who" data-testid="who">${view.account}</p>
            <p class="quiet">Signed in ${view.signedInAt !== null && moment(view.signedInAt, now)}</p>`
    }
    ${noticeFor('account', done)} ${signInForm(view, mode)} ${view.session !== null && actions(view, mode)}
  </section>`
}

function signInForm({ account }: View, mode: Mode): Html {
  return html`<form method="post" action="/sign-in" class="line">
    <label for="name">${account === null ? 'Name, any will do' : 'Sign in again, or as somebody else'}</label>
    <div class="field">
      <input id="name" name="name" required maxlength="60" autocomplete="off" autocapitalize="none" spellcheck="false" />
      <button class="${account === null ? 'primary' : ''}">Sign in</button>
    </div>
    ${mode.id === 'landbridge' && rememberBox()}
  </form>`
}

export const rememberBox = (): Html =>
  html`<label class="check"><input type="checkbox" name="remember" value="yes" /> Stay signed in</label>`

/** Each act with the call behind it and what it does. */
function actions({ account, handles }: View, mode: Mode): Html {
  const library = handles !== null
  return html`<ul class="actions">
    ${act('/renew', 'Renew', library ? 'renew()' : 'regenerate()', 'New id and secret; the values stay.')}
    ${account !== null && act('/sign-out-here', 'Sign out here', library ? `signOut('here')` : 'destroy()', 'Ends this scope’s handle.', !library)}
    ${
      account !== null &&
      library &&
      act('/sign-out-everywhere', 'Sign out everywhere', `signOut('everywhere')`, 'Ends the session with all its handles.')
    }
    ${
      account !== null &&
      mode.signOutAccount !== null &&
      act('/sign-out-account', 'Sign out this account', 'revokeAccount(id)', 'Ends all its sessions, on every host and in every browser.')
    }
  </ul>`
}

function act(path: string, label: string, call: string, effect: string, bare = false): Html {
  return html`<li>
    <form method="post" action="${path}"><button>${label}</button></form>
    <p><code>${call}</code> ${bare ? 'Ends the record.' : effect}</p>
  </li>`
}
