/** The session as the tree that it is: one record, and a handle for each host that can use it. */
import type { Base, Site } from '../hosts.ts'
import { urlOf } from '../hosts.ts'
import type { ShownHandle, View } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'
import { factLine } from './record.ts'
import { moment } from './time.ts'

interface Tree {
  readonly view: View
  readonly site: Site
  readonly base: Base
  readonly now: number
  readonly done: unknown
}

export function treeSection(tree: Tree): Html {
  const { view, site, now, done } = tree
  return html`<section class="card ${site.topology === 'peer' && 'wide'}" aria-labelledby="tree-title" data-testid="tree">
    <h2 id="tree-title">The session, and the hosts that can use it</h2>
    ${noticeFor('tree', done)}
    ${
      view.session === null
        ? html`<p class="quiet">None: nothing is stored about this visitor on this host.</p>`
        : html`<ul class="tree">
              ${branches(tree)}
            </ul>
            <p class="quiet">${EXPLAINED[site.topology === 'peer' ? 'peer' : 'hub']}</p>
            <dl class="facts">${view.record.map((fact) => factLine(fact, now))}</dl>`
    }
  </section>`
}

const EXPLAINED = {
  hub: 'Each host has a secret of its own. Revoke one and only that host is affected; end the master and all end at their next request.',
  peer: 'The peers share one session, values included, and each has a secret of its own. None is above the other.',
}

/** At a hub the master holds the others; peers stand side by side below the session. */
function branches(tree: Tree): Html {
  const handles = tree.view.handles ?? []
  const hub = tree.site.topology === 'peer' ? null : tree.site.host.replace(/^.*?(?=[^.]+\.localhost$)/, '')
  const master = handles.find(({ scope }) => scope === hub)
  const rest = handles.filter((handle) => handle !== master).toSorted((a, b) => a.createdAt - b.createdAt)
  const below =
    rest.length > 0 &&
    html`<ul>
      ${rest.map((handle) => node(tree, handle, 'handle'))}
    </ul>`
  if (master) return node(tree, master, 'master', below)
  return html`<li>
    <div class="node">
      <p><b>Session</b> <span class="chip">one record</span></p>
    </div>
    ${below}
  </li>`
}

function node(
  { site, base, now }: Tree,
  { scope, createdAt, seenAt, current }: ShownHandle,
  part: string,
  below: Html | false = false,
): Html {
  const tag = scope.split('.')[0] ?? ''
  return html`<li>
    <div class="node host-${tag}">
      <p>
        <span class="dot"></span> <a href="${urlOf(scope, base)}">${scope}</a> <span class="chip">${part}</span>
        ${current && html`<span class="chip">this host</span>`}
      </p>
      <p class="quiet">made ${moment(createdAt, now)}</p>
      <p class="quiet">used ${moment(seenAt, now)}</p>
      ${
        site.topology === 'hub' &&
        part === 'handle' &&
        html`<form method="post" action="/revoke-handle">
          <button name="scope" value="${scope}" aria-label="Revoke the handle of ${scope}">Revoke</button>
        </form>`
      }
    </div>
    ${below}
  </li>`
}
