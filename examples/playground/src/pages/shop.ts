/** The page of a shop: two unrelated domains, one session, one cart. */
import type { CartItem } from '../cart.ts'
import { GOODS } from '../cart.ts'
import type { Crossing } from '../crossings.ts'
import { PEERS, urlOf } from '../hosts.ts'
import { accountSection } from './account.ts'
import { cookieSection } from './cookie.ts'
import { crossingSection } from './crossing.ts'
import { experimentSection } from './experiment.ts'
import type { HostPage } from './host.ts'
import { board } from './host.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { lifecycleSection } from './lifecycle.ts'
import { noticeFor } from './notices.ts'
import { treeSection } from './tree.ts'

export interface ShopPage extends HostPage {
  readonly cart: readonly CartItem[]
  readonly crossings: readonly Crossing[]
  readonly crossing: unknown
}

export function shopPage(shown: ShopPage): string {
  const { site, view, lifecycle, result, done, mode, now } = shown
  const none = 'None yet. Put something into the cart and take it to the sister shop.'
  const cards = html`${cartSection(shown)} ${sisterSection(shown)} ${crossingSection(shown.crossings, shown.crossing, none)}
  ${accountSection(view, site, mode, now, done)} ${cookieSection(view, site)} ${lifecycle && lifecycleSection({ ...shown, lifecycle })}
  ${treeSection(shown)} ${experimentSection(view, site, mode.id, result, done)}`
  return board(shown, html`<span class="chip">peer</span> one of two unrelated domains that share a session`, cards)
}

function cartSection({ site, cart, view, done }: ShopPage): Html {
  const tag = html`<input type="hidden" name="account" value="${view.accountTag}" />`
  return html`<section class="card" aria-labelledby="cart-title">
    <h2 id="cart-title">Cart</h2>
    ${noticeFor('cart', done)}
    ${
      cart.length === 0
        ? html`<p class="quiet">Empty. Nobody has to sign in to fill it.</p>`
        : html`<ul class="cart" data-testid="cart">
            ${cart.map(
              ({ name, count, from }) =>
                html`<li class="host-${from.split('.')[0] ?? ''}">
                  <p>
                    <b>${count} × ${name}</b> <span class="quiet">from <span class="dot"></span> ${from}</span>
                  </p>
                  <form method="post" action="/cart-remove">
                    ${tag}<button name="item" value="${name}" aria-label="Remove ${name}">Remove</button>
                  </form>
                </li>`,
            )}
          </ul>`
    }
    <form method="post" action="/cart-add" class="goods" aria-label="Put into the cart">
      ${tag}${(GOODS[site.host] ?? []).map((name) => html`<button name="item" value="${name}">+ ${name}</button>`)}
    </form>
  </section>`
}

function sisterSection({ site, base }: ShopPage): Html {
  const sister = PEERS.find((host) => host !== site.host) ?? ''
  return html`<section class="card" aria-labelledby="sister-title">
    <h2 id="sister-title">The sister shop</h2>
    <p class="quiet">No cookie reaches from one domain to the other. A ticket does: it is good once, for 30 seconds, for one host.</p>
    <ul class="actions">
      <li>
        <form method="post" action="/.session/push">
          <input type="hidden" name="to" value="${urlOf(sister, base)}" />
          <button class="primary">Take it to ${tagOf(sister)}</button>
        </form>
        <p><code>POST /.session/push</code> Goes to ${sister} and takes the session along, in the body of a form.</p>
      </li>
      <li>
        <a class="button" href="/.session/begin?to=/">Fetch from ${tagOf(sister)}</a>
        <p><code>GET /.session/begin</code> Asks ${sister} for its session, and comes back here at once.</p>
      </li>
      <li>
        <a class="button" href="${urlOf(sister, base)}">Only go there</a>
        <p>A plain link carries nothing: ${sister} sees another visitor.</p>
      </li>
    </ul>
    <p class="quiet">
      A session that is empty gives way to the one that comes. One that holds a cart or an account stays: the drawing says
      <code>session-kept</code>.
    </p>
  </section>`
}

const tagOf = (host: string): string => host.split('.')[0] ?? ''
