import type { IncomingMessage } from 'node:http'

/** One line of a server's access log. Of cookies the names only, as in any log. */
export interface Entry {
  readonly method: string
  readonly host: string
  /** Path and query. */
  readonly path: string
  readonly referer: string
  readonly origin: string
  readonly cookies: readonly string[]
  readonly site: string
  readonly mode: string
  readonly dest: string
  readonly purpose: string
  /** Set when the answer has been sent. */
  status: number
}

export class AccessLog {
  readonly entries: Entry[] = []

  note({ method = '', url = '', headers }: IncomingMessage): Entry {
    const header = (name: string): string => String(headers[name] ?? '')
    const entry = {
      method,
      host: header('host').replace(/:\d+$/, ''),
      path: url,
      referer: header('referer'),
      origin: header('origin'),
      cookies: header('cookie')
        .split('; ')
        .filter(Boolean)
        .map((pair) => pair.split('=')[0]!),
      site: header('sec-fetch-site'),
      mode: header('sec-fetch-mode'),
      dest: header('sec-fetch-dest'),
      purpose: header('sec-purpose'),
      status: 0,
    }
    this.entries.push(entry)
    return entry
  }

  /** `GET elmer/page 303`, without queries, images that browsers ask for by themselves left out; from an entry on. */
  lines(from = 0): string[] {
    return this.since(from).map(({ method, host, path, status }) => `${method} ${host.split('.')[0]}${path.split('?')[0]} ${status}`)
  }

  since(from: number): Entry[] {
    return this.entries.slice(from).filter(({ path }) => path !== '/favicon.ico')
  }

  get length(): number {
    return this.entries.length
  }
}
