// Sessions sealed into the cookies themselves: what it costs to open one, and to seal it anew.
import type { Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { LARGE, SECRET, SMALL, USER, type Content } from '../lib/content.ts'
import { contestant, type Contestant } from './contestant.ts'
import { signIn, type Bench } from './sign-in.ts'

export async function sealed(): Promise<Contestant[]> {
  const sessions = instance()
  const guarded = instance(memory())
  const small = await signIn(sessions, SMALL)
  const large = await signIn(sessions, LARGE)
  return [
    reading('landbridge, sealed cookie, 0.2 kB', sessions, small),
    reading('landbridge, sealed cookie, 2 kB', sessions, large),
    reading('landbridge, sealed cookie, 0.2 kB, epochs in memory', guarded, await signIn(guarded, SMALL)),
    changing('landbridge, sealed cookie, 0.2 kB: …, change, commit', sessions, small),
    changing('landbridge, sealed cookie, 2 kB: …, change, commit', sessions, large),
  ]
}

function instance(epochs?: Store): Bench {
  const store = sealedCookie({ keys: [SECRET], ...(epochs === undefined ? {} : { epochs }) })
  return createSessions<Content>({ topology: { kind: 'isolated', hosts: ['localhost'] }, store })
}

function reading(name: string, sessions: Bench, cookie: string): Contestant {
  const run = async (input: NodeInput): Promise<unknown> => {
    const exchange = await sessions.open(input)
    return exchange.kind === 'serve' ? await exchange.session.get('user') : exchange.kind
  }
  return contestant({ name, prepare: () => nodeInput(cookie), run, expected: USER })
}

function changing(name: string, sessions: Bench, cookie: string): Contestant {
  const run = async ([input, headers]: [NodeInput, Headers]): Promise<unknown> => {
    const exchange = await sessions.open(input)
    if (exchange.kind !== 'serve') return exchange.kind
    const user = await exchange.session.get('user')
    exchange.session.set('user', USER)
    await exchange.commit(headers)
    return user
  }
  return contestant({ name, prepare: (): [NodeInput, Headers] => [nodeInput(cookie), new Headers()], run, expected: USER })
}

type NodeInput = ReturnType<typeof nodeInput>

function nodeInput(cookie: string) {
  return { method: 'GET', url: '/', headers: { host: 'localhost:3000', cookie }, socket: { remoteAddress: '127.0.0.1' } }
}
