import type { Sessions } from 'landbridge'
import { USER, type Content } from '../lib/content.ts'

export const ORIGIN = 'http://localhost:3000'

export type Bench = Sessions<Content>

/** Signs in as a browser would and answers its Cookie header. */
export async function signIn(sessions: Bench, content: Content, remember = false): Promise<string> {
  const request = new Request(`${ORIGIN}/login`, { method: 'POST', headers: { origin: ORIGIN } })
  const exchange = await sessions.open(request)
  if (exchange.kind !== 'serve') throw new Error(`sign-in was answered ${exchange.reply.status}`)
  await exchange.session.signIn({ id: USER, remember })
  exchange.session.set('user', content.user)
  exchange.session.set('pad', content.pad)
  const headers = new Headers()
  await exchange.commit(headers)
  return headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
}
