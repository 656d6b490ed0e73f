declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Canonical host name: lower case, punycode, no trailing dot; with a port only where a host rule names one. */
export type Host = Branded<'Host'>

/** What one cookie covers: a host (`app.example.com`, host-only cookie) or a domain (`.example.com`, domain cookie). */
export type Scope = Branded<'Scope'>

/** 128-bit selector of a session, base64url, 22 characters. Safe to log; worthless without a handle's secret. */
export type SessionId = Branded<'SessionId'>

/** 256-bit secret of a handle, base64url, 43 characters. Lives in the browser's cookie only. */
export type HandleSecret = Branded<'HandleSecret'>

/** SHA-256 of a handle's secret, base64url, 43 characters: all that a store ever sees of it. */
export type SecretHash = Branded<'SecretHash'>

/** A value now, or a promise of it: in-process stores answer at once, and the hot path pays for no promise. */
export type MaybePromise<T> = T | Promise<T>

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * Augment it once to type `req.session` in every adapter:
 * `declare module 'landbridge' { interface Register { data: { cart: string[] } } }`.
 */
// oxlint-disable-next-line no-empty-object-type -- an interface so that applications can augment it
export interface Register {}

/** The session data type of the application: what `Register` says, otherwise any JSON value under any key. */
export type RegisteredData = Register extends { data: infer Data extends object } ? Data : Record<string, unknown>

/** The account that is signed in. */
export interface Account {
  /** The application's own identifier of the account; 1 to 256 characters. */
  readonly id: string
  /** When it signed in, in milliseconds since the epoch. */
  readonly signedInAt: number
}

/** An account as a session keeps it. */
export interface StoredAccount extends Account {
  /** What stands for its password: see `authHash`. Absent where the application does not tell. */
  readonly auth?: string
  /** It asked to stay signed in beyond the browser's end. */
  readonly remembered?: true
}

/** What the application may judge a request by before any session is opened for it. */
export interface RequestSummary {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly host: string
}
