/** The list of browsers as a page that needs no script and loads nothing. */
import type { Device } from '../core/devices.ts'
import { escape, hashOf } from '../core/pages.ts'
import type { Reply } from '../core/reply.ts'
import { ageInWords } from './age.ts'
import type { DevicesTexts } from './texts.ts'

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;--line:light-dark(#d5d9e0,#3d434d);--quiet:light-dark(#565d6b,#a6aebb);--link:light-dark(#1d4ed8,#93b4fd);--own:light-dark(#14663a,#7fdba8);--bad:light-dark(#b3261e,#ff9d94)}
*{box-sizing:border-box}
body{margin:0;background:light-dark(#f6f7f9,#14171c);color:light-dark(#171a20,#eceef2)}
main{max-width:44rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
nav{margin:0 0 1rem}
a{color:var(--link)}
a:focus-visible{outline:3px solid var(--link);outline-offset:2px}
p{margin:0 0 1.5rem;color:var(--quiet)}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.75rem}
li{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between;padding:1rem 1.25rem;border:1px solid var(--line);border-radius:.75rem;background:light-dark(#fff,#1c2027)}
li.own{border-color:var(--own)}
h2{font-size:1.05rem;line-height:1.4;margin:0}
li>div{min-width:0}
small{display:inline-block;margin:.15rem .35rem 0 0;padding:.05rem .5rem;border:1px solid currentcolor;border-radius:1rem;font-size:.8rem;color:var(--quiet)}
.own small:first-of-type{color:var(--own)}
dl{margin:.5rem 0 0;display:grid;grid-template-columns:auto 1fr;gap:.1rem .9rem;font-size:.925rem}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
form{margin:0;flex:none}
button{font:inherit;font-size:.925rem;padding:.45rem .9rem;border:1px solid var(--line);border-radius:.5rem;background:transparent;color:var(--link);cursor:pointer}
button:hover{border-color:currentcolor}
button:focus-visible{outline:3px solid var(--link);outline-offset:2px}
footer{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
footer button{padding:.6rem 1.1rem}
footer form:last-child button{color:var(--bad)}
@media(max-width:30rem){main{padding-top:1.5rem}li{flex-direction:column}li form,li button,footer form,footer button{width:100%}}`

const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  // No form-action: Chromium holds the redirects behind a form to it, too, and the application may send the visitor on to another host.
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

export interface DevicesList {
  readonly devices: readonly Device[]
  readonly texts: DevicesTexts
  readonly now: number
  /** Where a link on top leads. */
  readonly home: string | null
  /** For browsers that do not say which page a form is from. */
  readonly csrfField: string
}

export function listPage(list: DevicesList): Reply {
  const { devices, texts, home, csrfField } = list
  const others = devices.some(({ current }) => !current)
  const parts = [
    home === null ? '' : `<nav><a href="${escape(home)}">${escape(texts.home)}</a></nav>`,
    `<h1>${escape(texts.title)}</h1><p>${escape(texts.about)}</p>`,
    `<ul>${devices.map((device) => itemOf(device, list)).join('')}</ul>`,
    `<footer>${others ? formOf('others', texts.endOthers, csrfField) : ''}${formOf('all', texts.endAll, csrfField)}</footer>`,
  ]
  const title = escape(texts.title)
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      // Without it, a form of this page would say that it comes from nowhere.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html><html lang="${escape(texts.lang)}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><main>${parts.join('')}</main></html>\n`,
  }
}

function itemOf(device: Device, { texts, now, csrfField }: DevicesList): string {
  const { id, agent, current, remembered, createdAt, seenAt, scopes } = device
  const time = (at: number): string => `<time datetime="${new Date(at).toISOString()}">${escape(ageInWords(now - at, texts.lang))}</time>`
  const marks = [...(current ? [texts.current] : []), ...(remembered ? [texts.remembered] : [])]
  const facts = [
    [texts.signedIn, time(createdAt)],
    // This browser is here; what is stored of it may be minutes old.
    [texts.seen, time(current ? now : seenAt)],
    [texts.hosts, escape(scopes.join(', '))],
  ]
  return [
    `<li${current ? ' class="own"' : ''}><div><h2>${escape(agent)}</h2>${marks.map((mark) => `<small>${escape(mark)}</small>`).join('')}`,
    `<dl>${facts.map(([name, fact]) => `<dt>${escape(name!)}</dt><dd>${fact}</dd>`).join('')}</dl></div>`,
    `${formOf(id, texts.end, csrfField, texts.endDevice(agent))}</li>`,
  ].join('')
}

/** To the address of the page itself, whatever it is: only the query is its own. */
function formOf(what: string, text: string, csrfField: string, label?: string): string {
  const named = label === undefined ? '' : ` aria-label="${escape(label)}"`
  return `<form method="post" action="?end=${encodeURIComponent(what)}">${csrfField}<button${named}>${escape(text)}</button></form>`
}
