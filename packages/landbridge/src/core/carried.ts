/**
 * The seam for stores that keep a session in the browser's own cookies. Such a store is opened anew for each request: it finds the
 * records in the Cookie header, changes them in memory, and says at the commit which cookies carry them from now on. The handle's
 * cookie, who may use it and when it ends are the core's as ever.
 */
import type { CookieShape } from './cookie.ts'
import type { Store } from './store.ts'
import type { Scope } from './types.ts'

/** What a request shows to a store that keeps its records in cookies. */
export interface Carrier {
  /** The `Cookie` header; empty where there is none. */
  readonly header: string
  readonly scope: Scope
  /** The handle's cookie. Those of the record have names of their own, and the same domain. */
  readonly cookie: CookieShape
  /** Called before each change: throws `ERR_HEADERS_SENT` when no commit is to come that could send it. */
  changing(): void
}

/** The store of one request. What it changed is stored when its cookies have been sent. */
export interface CarriedStore extends Store {
  /** The `Set-Cookie` values that bring the changes to the browser; empty when there are none. */
  cookies(): readonly string[]
}
