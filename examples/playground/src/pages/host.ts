/** The page of an isolated or shared host. */
import type { Entry } from '../entry.ts'
import type { Result } from '../experiment.ts'
import type { Base, Site } from '../hosts.ts'
import { scopeOf, SHARED_DOMAIN } from '../hosts.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { Mode, View } from '../modes/mode.ts'
import { accountSection } from './account.ts'
import { cookieSection } from './cookie.ts'
import { experimentSection } from './experiment.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { headline, page, staleNotice } from './layout.ts'
import { lifecycleSection } from './lifecycle.ts'
import { logSection } from './log.ts'
import { modeSection } from './mode.ts'
import { recordSection } from './record.ts'
import { valuesSection } from './values.ts'

export interface HostPage {
  readonly site: Site
  readonly base: Base
  readonly mode: Mode
  readonly view: View
  /** `null`: this library knows nothing of it. */
  readonly lifecycle: Lifecycle | null
  readonly entries: readonly Entry[]
  readonly result: Result | null
  /** Code of what the last form did, from the address. */
  readonly done: unknown
  readonly now: number
}

export function hostPage(shown: HostPage): string {
  const { site, mode, view, lifecycle, result, done, now } = shown
  const cards = html`${accountSection(view, site, mode, now, done)} ${cookieSection(view, site)}
  ${lifecycle && lifecycleSection({ ...shown, lifecycle })} ${experimentSection(view, site, mode.id, result, done)}
  ${recordSection(view, now)} ${valuesSection(view, done)}`
  return board(shown, describe(site, mode), cards, modeSection(mode.id, done))
}

/** What the pages of all hosts have in common: the name on top, the cards, and the log beside them. */
export function board({ site, base, view, entries }: HostPage, description: Html, cards: Html, above: Html | null = null): string {
  const body = html`${headline(site, description)} ${staleNotice()} ${above}
    <div class="board">
      <div class="cards">${cards}</div>
      ${logSection(entries, site)}
    </div>`
  const data = { session: view.session ?? '', scope: scopeOf(site), account: view.account ?? '', last: entries.at(-1)?.number ?? 0 }
  return page({ title: `${site.host} · Landbridge playground`, site, base, data, body })
}

function describe({ topology }: Site, { id }: Mode): Html {
  if (id === 'express-session') return html`<span class="chip">${id}</span> a host-only cookie, and one store for all hosts`
  return topology === 'shared'
    ? html`<span class="chip">shared</span> one session for ${SHARED_DOMAIN} and every host below it`
    : html`<span class="chip">isolated</span> has its own sessions, which no other host accepts`
}
