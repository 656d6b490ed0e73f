/** Two processes of an application, each with a near cache, over one store that sends no messages. */
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import { onTestFinished } from 'vitest'
import { Browser } from './browser.ts'
import type { Crossing, hubOf, peersOf } from './crossing.ts'

export interface NearCaches {
  readonly a: Crossing
  readonly b: Crossing
  readonly browser: Browser
  /** Where the requests of the browser go from now on. The first ones go to `a`. */
  route(to: Crossing): void
}

export function nearCaches(open: typeof hubOf | typeof peersOf): NearCaches {
  const store = memory()
  onTestFinished(() => store.close())
  let now = Date.now
  const near = () => ({ ...cached(store, { clock: () => now(), monotonicClock: () => now() }), close: () => undefined })
  const a = open({ inner: near() })
  now = a.clock.now
  const b = open({ inner: near(), clock: now })
  let target = a
  return { a, b, browser: new Browser((request) => target.serve(request)), route: (to) => void (target = to) }
}

export const postWith = ({ serve }: Crossing, url: string, cookie: string): Promise<Response> =>
  serve(new Request(url, { method: 'POST', headers: { cookie, 'sec-fetch-site': 'same-origin' } }))
