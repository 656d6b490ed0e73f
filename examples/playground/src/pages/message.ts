/** A page that says why something was not done. */
import type { Base, Site } from '../hosts.ts'
import { html } from './html.ts'
import { page } from './layout.ts'

interface Message {
  readonly site: Site | null
  readonly base: Base
  readonly status: number
  readonly title: string
  readonly text: string
}

export function messagePage({ site, base, status, title, text }: Message): string {
  const body = html`<div class="narrow-page">
    <section class="card" aria-labelledby="message-title">
      <p class="kind">Status ${status}</p>
      <h1 id="message-title">${title}</h1>
      <p>${text}</p>
      <p class="buttons"><a class="button primary" href="/">Load the page again</a></p>
    </section>
  </div>`
  return page({ title: `${title} · Landbridge playground`, site, base, body })
}
