// The least that a session kept on the server can cost: find the cookie, hash its secret, look it up.

import { hash, randomBytes } from 'node:crypto'
import { SMALL, USER } from '../lib/content.ts'
import { contestant, type Contestant } from './contestant.ts'

const NAME = 'sid='

export function floor(): Contestant[] {
  const secret = randomBytes(32).toString('base64url')
  const sessions = new Map([[hash('sha256', secret, 'base64url'), JSON.stringify(SMALL)]])
  const load = (header: string): string | undefined => sessions.get(hash('sha256', scan(header), 'base64url'))
  const prepare = (): { headers: { cookie: string } } => ({ headers: { cookie: `theme=dark; ${NAME}${secret}` } })
  return [
    contestant({
      name: 'floor: cookie scan, SHA-256, Map',
      prepare,
      run: (request) => load(request.headers.cookie)?.length,
      expected: 200,
    }),
    contestant({
      name: 'floor, all of the JSON parsed',
      prepare,
      run: (request) => JSON.parse(load(request.headers.cookie) ?? '{}').user,
      expected: USER,
    }),
  ]
}

function scan(header: string): string {
  const start = header.startsWith(NAME) ? 0 : header.indexOf(`; ${NAME}`) + 2
  const end = header.indexOf(';', start)
  return header.slice(start + NAME.length, end < 0 ? undefined : end)
}
