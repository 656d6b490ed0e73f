/** The sign-in page of the hub: where a tenant sends whoever has to sign in, and where further accounts are added. */
import type { AccountInfo, SignInTarget } from 'landbridge'
import type { Base, Site } from '../hosts.ts'
import { authorize, GUEST_LIST } from '../tenancy.ts'
import { rememberBox } from './account.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { page } from './layout.ts'
import { noticeFor } from './notices.ts'

interface LoginPage {
  readonly site: Site
  readonly base: Base
  readonly accounts: readonly AccountInfo[]
  /** Where the visitor was sent from. */
  readonly target: SignInTarget | null
  /** The page's own query, which says that, sealed. It goes along with its forms. */
  readonly query: string
  /** Whom the field is filled with. */
  readonly name: string
  readonly done: unknown
}

export function loginPage(shown: LoginPage): string {
  const { site, base, accounts, target, query, name, done } = shown
  const wanted = target === null || target.host === site.host ? null : target.host
  const body = html`<div class="narrow-page">
    <div class="headline">
      <h1><span class="dot"></span>Sign in at ${site.host}</h1>
    </div>
    ${wanted !== null && html`<p class="lead">You go on to <b data-testid="target">${wanted}</b> afterwards.</p>`}
    ${noticeFor('account', done)} ${wanted !== null && accounts.length > 0 && accountsFor(wanted, accounts, query)}
    <section class="card" aria-labelledby="name-title">
      <h2 id="name-title">${accounts.length === 0 ? 'Your name' : 'Another account, or one again'}</h2>
      <form method="post" action="/login${query}" class="line">
        <label for="name">Name, any will do</label>
        <div class="field">
          <input
            id="name"
            name="name"
            value="${name}"
            required
            maxlength="60"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
          />
          <button class="primary">Sign in</button>
        </div>
        ${rememberBox()}
      </form>
      <p class="quiet">
        ${accounts.length > 0 && 'The accounts that are here stay. '}The name elmer owns elmer.acme.localhost; bugs.acme.localhost lets in
        ${GUEST_LIST} only.
      </p>
    </section>
  </div>`
  return page({ title: `Sign in · ${site.host}`, site, base, body })
}

/** Somebody is signed in and was sent here all the same: that account may not use the host, or its sign-in expired. */
function accountsFor(host: string, accounts: readonly AccountInfo[], query: string): Html {
  return html`<section class="card" aria-labelledby="use-title">
    <h2 id="use-title">Accounts in this browser</h2>
    <ul class="accounts">
      ${accounts.map(({ id, expired }) => {
        const claims = expired ? false : authorize({ id }, host)
        return html`<li>
          <div>
            <p><b>${id}</b></p>
            <p class="quiet">${claims ? `${claims.role} at ${host}` : expired ? 'The sign-in expired.' : `May not use ${host}.`}</p>
          </div>
          ${
            claims &&
            html`<form method="post" action="/continue${query}">
              <button name="account" value="${id}" aria-label="Continue as ${id}">Continue</button>
            </form>`
          }
        </li>`
      })}
    </ul>
  </section>`
}
