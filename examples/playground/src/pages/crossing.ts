/** A crossing drawn as a sequence diagram. It is a list, so that it reads in order without being seen. */
import type { Crossing } from '../crossings.ts'
import type { Diagram, Lane, Step, Ticket } from '../diagram.ts'
import { diagramOf } from '../diagram.ts'
import { seconds } from '../entry.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { clock } from './time.ts'

const OTHERS = 5

/** `wanted`: id of the crossing to draw, from the address; without one, or an unknown one, the latest. */
export function crossingSection(crossings: readonly Crossing[], wanted: unknown, none: string): Html {
  const chosen = crossings.find(({ rid }) => rid === wanted) ?? crossings[0]
  return html`<section class="card wide" id="crossing" aria-labelledby="crossing-title" data-testid="crossing">
    <h2 id="crossing-title">${chosen && chosen !== crossings[0] ? 'An earlier crossing' : 'The latest crossing'}, as it happened</h2>
    ${chosen ? html`${drawing(diagramOf(chosen))} ${others(crossings, chosen)}` : html`<p class="quiet">${none}</p>`}
  </section>`
}

function drawing({ at, mode, outcome, tone, redirects, lastedMs, ticket, lanes, steps }: Diagram): Html {
  const numbers = steps.map((step, i) => steps.slice(0, i + 1).filter((each) => each.kind === 'message' && each.redirect).length)
  return html`<dl class="figures">
      ${figure('Outcome', html`<span class="outcome ${tone}" data-testid="outcome">${outcome}</span>`)}
      ${figure('Travelled by', html`${mode}`)} ${figure('Redirects', html`<span data-testid="redirects">${redirects}</span>`)}
      ${figure('Began', html`${clock(at)}, took ${lastedMs} ms`)} ${ticket && figure('Ticket', ticketLife(ticket))}
    </dl>
    <div class="diagram">
      <ul class="lanes" aria-label="Who takes part">
        ${lanes.map(laneHead)}
      </ul>
      <ol class="steps-drawn lanes-${lanes.length}" aria-label="What happened, in order">
        ${steps.map((step, i) => (step.kind === 'note' ? note(step, lanes, at) : message(step, lanes, numbers[i] ?? 0)))}
      </ol>
    </div>`
}

const figure = (name: string, value: Html): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`

function ticketLife({ destination, issuedAt, lifeMs, redeemedAt }: Ticket): Html {
  const used = redeemedAt === null ? 'not used' : `used after ${redeemedAt - issuedAt} ms`
  return html`issued ${clock(issuedAt)}, ${used} of its ${seconds(lifeMs)}, for ${destination} only`
}

function laneHead({ host, part }: Lane): Html {
  const tag = host?.split('.')[0] ?? 'none'
  return html`<li class="host-${tag}"><b>${host === null ? 'Browser' : breakable(host)}</b> <span class="quiet">${part}</span></li>`
}

/** A long name breaks behind its dots. */
const breakable = (host: string): Html[] => host.split('.').map((label, i) => html`${i > 0 && html`.<wbr />`}${label}`)

function message(
  { from, to, text, detail, redirect, set, cleared }: Extract<Step, { kind: 'message' }>,
  lanes: readonly Lane[],
  number: number,
): Html {
  const span = `span-${Math.min(from, to)}-${Math.max(from, to)}`
  return html`<li class="message ${span} ${to > from ? 'right' : 'left'} ${redirect && 'redirect'}">
    <p class="label">
      <span class="hidden">${nameOf(lanes, from)} to ${nameOf(lanes, to)}:</span>
      ${redirect && html`<span class="chip">redirect ${number}</span>`}
      <code>${text}</code> ${detail !== null && html`<span class="quiet">${detail}</span>`}
    </p>
    <span class="arrow" aria-hidden="true"></span>
    ${(set.length > 0 || cleared.length > 0) && html`<p class="cookies">${names('sets', set)} ${names('clears', cleared)}</p>`}
  </li>`
}

function names(verb: string, cookies: readonly string[]): Html | false {
  return cookies.length > 0 && html`<span>${verb} ${cookies.map((name, i) => html`${i > 0 && ', '}<code>${short(name)}</code>`)}</span>`
}

/** The id of a crossing is no secret, only long. */
const short = (name: string): string => name.replace(/^(__Host-(?:rq|tk)\.).{6,}$/, '$1…')

function note({ lane, at, text, code, tone }: Extract<Step, { kind: 'note' }>, lanes: readonly Lane[], began: number): Html {
  return html`<li class="note lane-${lane} ${tone}">
    <div>
      <p class="quiet"><span class="hidden">At ${nameOf(lanes, lane)}:</span> <code>${code}</code> <span>+${at - began} ms</span></p>
      <p>${text}</p>
    </div>
  </li>`
}

const nameOf = (lanes: readonly Lane[], lane: number): string => lanes[lane]?.host ?? 'Browser'

function others(crossings: readonly Crossing[], chosen: Crossing): Html | false {
  const rest = crossings.filter((crossing) => crossing !== chosen).slice(0, OTHERS)
  return (
    rest.length > 0 &&
    html`<details>
      <summary>Other crossings of this host</summary>
      <ul class="earlier">
        ${rest.map(diagramOf).map(
          ({ rid, at, mode, outcome, lanes }) =>
            html`<li>
              <a href="/?crossing=${rid}#crossing"
                >${clock(at)}
                ${lanes
                  .slice(1)
                  .map(({ host }) => host)
                  .join(', ')}</a
              >
              <span class="quiet">${mode}, ${outcome}</span>
            </li>`,
        )}
      </ul>
    </details>`
  )
}
