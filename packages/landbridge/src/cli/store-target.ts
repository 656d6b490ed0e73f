import type { StoreFactory } from '../testing/store-case.ts'

/** Something about the server that matters to sessions. A `fault` is one with which the store cannot keep its promises. */
export interface Fact {
  readonly kind: 'note' | 'warning' | 'fault'
  readonly text: string
}

/** A scratch place on somebody's server, in which the store can be tried. */
export interface StoreTarget {
  /** Where everything that is written there is, as its owner would look for it. */
  readonly scratch: string
  readonly make: StoreFactory
  facts(): Promise<readonly Fact[]>
  /** Removes everything that was written, and says whether all of it is gone. */
  clean(): Promise<boolean>
  close(): Promise<void>
}

export interface TargetOptions {
  readonly url: string
  readonly driver: string | undefined
}

export const note = (text: string): Fact => ({ kind: 'note', text })
export const warning = (text: string): Fact => ({ kind: 'warning', text })
export const fault = (text: string): Fact => ({ kind: 'fault', text })
