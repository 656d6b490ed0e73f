/** The few pages that Landbridge itself shows. They load nothing, and their style and script are allowed by hash. */
import { createHash } from 'node:crypto'
import type { Reply } from './reply.ts'

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{max-width:30rem;padding:2rem}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 1.25rem}
a,button{display:inline-block;font:inherit;padding:.6rem 1.1rem;border:0;border-radius:.5rem;background:#1d4ed8;color:#fff;text-decoration:none;cursor:pointer}
a:focus-visible,button:focus-visible{outline:3px solid #93c5fd;outline-offset:2px}
ul{margin:0 0 1.25rem;padding-left:1.25rem}
li{margin:0 0 .5rem}
main:has(section){max-width:42rem}
section{margin-top:2rem;padding-top:1.25rem;border-top:1px solid GrayText}
h2{font-size:1.05rem;line-height:1.3;margin:0 0 .75rem}
dl{margin:0 0 1.25rem;display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.25rem 1rem;align-items:baseline}
dt{font-size:.875rem;opacity:.75}
dd{margin:0}
pre{margin:0 0 .75rem;padding:.75rem 1rem;border:1px solid GrayText;border-radius:.5rem}
dd,pre{font:.875rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
small{display:block;margin-top:1.25rem;opacity:.75}`

/** The source expression that allows an inline style or script of exactly this text. */
export const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const STYLE_HASH = hashOf(STYLE)

/** What the developer of the application is told; nobody else is shown it. */
export interface DeveloperNote {
  readonly text: string
  readonly facts: readonly (readonly [term: string, value: string])[]
  /** What to write, one line or more each. */
  readonly write: readonly string[]
}

export interface PageOptions {
  readonly title: string
  readonly text: string
  /** What the visitor may do, one sentence or two each. */
  readonly steps?: readonly string[]
  readonly code?: string
  readonly developer?: DeveloperNote
  readonly link?: { readonly href: string; readonly text: string }
  /** A form with hidden fields. It is sent by the page's script, or by its button where script is off. */
  readonly form?: { readonly action: string; readonly fields: Readonly<Record<string, string>>; readonly button: string }
  readonly script?: string
  /** Origins that may show the page in a frame. Default: nobody. */
  readonly framedBy?: string
  readonly referrerPolicy?: string
  /** The language of the texts. Default: English. */
  readonly lang?: string
}

export function page(status: number, options: PageOptions, cookies: readonly string[] = []): Reply {
  const {
    title,
    text,
    steps = [],
    code,
    developer,
    link,
    form,
    script,
    framedBy = "'none'",
    referrerPolicy = 'no-referrer',
    lang = 'en',
  } = options
  const parts = [
    `<h1>${escape(title)}</h1><p>${escape(text)}</p>`,
    steps.length > 0 ? `<ul>${steps.map((step) => `<li>${escape(step)}</li>`).join('')}</ul>` : '',
    link ? `<a href="${escape(link.href)}">${escape(link.text)}</a>` : '',
    form ? formOf(form) : '',
    code ? `<small>${escape(code)}</small>` : '',
    developer ? developerSection(developer) : '',
    script ? `<script>${script}</script>` : '',
  ]
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    // Where there is a form, it is ours: Chromium holds the redirects behind it to this directive, too, wherever the application sends.
    ...(form ? [] : ["form-action 'none'"]),
    `frame-ancestors ${framedBy}`,
    "base-uri 'none'",
    ...(script ? [`script-src ${hashOf(script)}`] : []),
  ]
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': referrerPolicy,
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html><html lang="${escape(lang)}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style><main>${parts.join('')}</main></html>\n`,
    cookies,
  }
}

function developerSection({ text, facts, write }: DeveloperNote): string {
  const rows = facts.map(([term, value]) => `<dt>${escape(term)}</dt><dd>${escape(value)}</dd>`).join('')
  const lines = write.map((each) => `<pre>${escape(each)}</pre>`).join('')
  return `<section><h2>For the developer, as this is localhost</h2><p>${escape(text)}</p><dl>${rows}</dl>${lines}</section>`
}

function formOf({ action, fields, button }: NonNullable<PageOptions['form']>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
  return `<form method="post" action="${escape(action)}">${inputs.join('')}<button>${escape(button)}</button></form>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for HTML, between tags and in quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
