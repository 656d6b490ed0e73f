/** Forms with a token, of a visitor who has a session. */
import { randomBytes } from 'node:crypto'
import { memory } from 'landbridge/memory'
import { HOST } from './client.ts'
import type { Posted } from './forms.ts'
import { makeSessions } from './launch.ts'

export const URLENCODED = 'application/x-www-form-urlencoded'
export const NOTE = 'ünï+cödé & more=%'

/** Sessions, the cookie of one of them, and a token for it. */
export async function visited() {
  const { sessions, events } = makeSessions(memory())
  let token = ''
  const response = await sessions.handle(new Request(`http://${HOST}/`), async (session) => {
    await session.signIn({ id: 'ada' })
    token = await session.csrfToken()
    return new Response('in')
  })
  const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
  return { sessions, events, token, cookie }
}

export function urlencoded(cookie: string, token: string, pad = 0): Posted {
  const text = new URLSearchParams({ note: NOTE, pad: 'x'.repeat(pad), _csrf: token }).toString()
  return { headers: { cookie, 'content-type': URLENCODED }, pieces: [Buffer.from(text)] }
}

export function multipart(cookie: string, token: string, size: number, order: 'first' | 'last' = 'first'): Posted {
  const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW'
  const field = (name: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`
  const file = [Buffer.from(head), randomBytes(size), Buffer.from('\r\n')]
  const fields = Buffer.from(field('note', NOTE) + field('_csrf', token))
  const parts = order === 'first' ? [fields, ...file] : [...file, fields]
  const pieces = [Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])]
  return { headers: { cookie, 'content-type': `multipart/form-data; boundary=${boundary}` }, pieces }
}

export const inPieces = (posted: Posted, size: number): Posted => {
  const whole = Buffer.concat(posted.pieces)
  const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size))
  return { ...posted, pieces }
}
