/** “Show this cookie to another host”: runs it, and keeps the latest results for the page that the browser is sent back to. */
import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { ownEntry } from './entry.ts'
import type { Site } from './hosts.ts'
import { baseOf } from './hosts.ts'
import type { EventLog } from './log.ts'
import { judgeCopy } from './modes/judge.ts'
import type { Mode, ModeId, Verdict } from './modes/mode.ts'
import type { Replay } from './replay.ts'
import { replay } from './replay.ts'

export interface Result {
  readonly mode: ModeId
  readonly from: Site
  readonly to: Site
  readonly shown: Replay
  readonly verdict: Verdict
}

/** Another browser than that of whoever presses the button. */
const THIEF = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const KEPT = 50

/** Results of this process by a random id. They hold no secret, and are shown only on the host that ran them. */
export class Experiments {
  readonly #results = new Map<string, Result>()
  readonly #log: EventLog
  readonly #authority: string | null

  /** `authority`: certificate of whoever vouches for the playground's own; `null` over plain http. */
  constructor(log: EventLog, authority: string | null) {
    this.#log = log
    this.#authority = authority
  }

  find(id: unknown, site: Site): Result | null {
    const result = typeof id === 'string' ? this.#results.get(id) : undefined
    return result?.from.host === site.host ? result : null
  }

  /** Runs it with the cookie of this request; `null` when the request has no session whose cookie could be shown. */
  async run(request: Request, mode: Mode, from: Site, to: Site): Promise<string | null> {
    const { account, session } = await mode.view(request, from)
    const value = await mode.cookieValue(request, from)
    if (value === null || session === null) return null

    const show = (site: Site): Promise<Replay> => replay(this.#targetOf(request, site), { name: mode.cookieName(site), value })
    const before = this.#log.last
    const shown = await show(to)
    const entries = this.#log.after(before)
    const { answer: control } = await show(from)
    const verdict = mode.judge({ from, to, account, session, answer: shown.answer, control, entries })
    if (verdict.outcome !== 'refused') {
      const tone = verdict.outcome === 'hole' ? 'alarm' : 'plain'
      this.#log.add(ownEntry(to.host, 'playground.experiment', `${verdict.title}.`, tone))
    }
    return this.#keep({ mode: mode.id, from, to, shown, verdict })
  }

  /** Shows a cookie that was copied before to the very host that it was made for. */
  async showCopy(request: Request, mode: Mode, site: Site, value: string): Promise<string> {
    const before = this.#log.last
    const shown = await replay({ ...this.#targetOf(request, site), userAgent: THIEF }, { name: mode.cookieName(site), value })
    const verdict = judgeCopy(site, shown.answer, this.#log.after(before))
    return this.#keep({ mode: mode.id, from: site, to: site, shown, verdict })
  }

  #targetOf(request: Request, { host }: Site) {
    return { host, port: request.socket.localPort ?? 0, base: baseOf(request), ca: this.#authority }
  }

  #keep(result: Result): string {
    const id = randomUUID()
    this.#results.set(id, result)
    const [oldest] = this.#results.keys()
    if (this.#results.size > KEPT && oldest !== undefined) this.#results.delete(oldest)
    return id
  }
}
