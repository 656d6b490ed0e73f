import type { Entry } from '../entry.ts'
import type { Result } from '../experiment.ts'
import type { Site } from '../hosts.ts'
import { SHARED_DOMAIN } from '../hosts.ts'
import type { Mode, View } from '../modes/mode.ts'
import { accountSection } from './account.ts'
import { cookieSection } from './cookie.ts'
import { experimentSection } from './experiment.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { page } from './layout.ts'
import { logSection } from './log.ts'
import { modeSection } from './mode.ts'
import { recordSection } from './record.ts'
import { valuesSection } from './values.ts'

export interface HostPage {
  readonly site: Site
  readonly authority: string | undefined
  readonly mode: Mode
  readonly view: View
  readonly entries: readonly Entry[]
  readonly result: Result | null
  /** Code of what the last form did, from the address. */
  readonly done: unknown
  readonly now: number
}

export function hostPage({ site, authority, mode, view, entries, result, done, now }: HostPage): string {
  const body = html`<div class="headline">
      <h1><span class="dot"></span>${site.host}</h1>
      <p>${describe(site, mode)}</p>
    </div>
    <p class="notice" id="stale" role="status" hidden>
      <span>Something happened to this session, in another window perhaps.</span> <a href="/">Load the page again</a>
    </p>
    ${modeSection(mode.id, done)}
    <div class="board">
      <div class="cards">
        ${accountSection(view, site, mode, now, done)} ${cookieSection(view, site)} ${experimentSection(view, site, result, done)}
        ${recordSection(view, now)} ${valuesSection(view, done)}
      </div>
      ${logSection(entries, site)}
    </div>`
  const data = { session: view.session ?? '', scope: view.scope, account: view.account ?? '', last: entries.at(-1)?.number ?? 0 }
  return page({ title: `${site.host} · Landbridge playground`, site, authority, data, body })
}

function describe({ topology }: Site, { id }: Mode): Html {
  if (id === 'express-session') return html`<span class="chip">${id}</span> a host-only cookie, and one store for all hosts`
  return topology === 'shared'
    ? html`<span class="chip">shared</span> one session for ${SHARED_DOMAIN} and every host below it`
    : html`<span class="chip">isolated</span> has its own sessions, which no other host accepts`
}
