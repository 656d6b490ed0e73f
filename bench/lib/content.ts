// The same session everywhere: one key the application reads, and padding up to a given size.

export interface Content {
  user: string
  pad: string
}

export const USER = 'u1'

/** A session of exactly `bytes` bytes once it is written as JSON. */
function content(bytes: number): Content {
  const empty = JSON.stringify({ user: USER, pad: '' }).length
  return { user: USER, pad: 'x'.repeat(bytes - empty) }
}

export const SMALL: Content = content(200)
export const LARGE: Content = content(2000)

/** Long enough for every library that signs or seals. */
export const SECRET = 'a benchmark needs no secret, only one of this length'
