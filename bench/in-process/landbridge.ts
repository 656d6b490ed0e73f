import { createSessions, type ResponseHeaders, type SessionsOptions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { LARGE, SMALL, USER, type Content } from '../lib/content.ts'
import { temporaryFile } from '../lib/temporary.ts'
import { contestant, type Contestant } from './contestant.ts'
import { ORIGIN, signIn, type Bench } from './sign-in.ts'

interface NodeInput {
  method: string
  url: string
  headers: Record<string, string>
  socket: { remoteAddress: string }
}

export async function landbridge(): Promise<Contestant[]> {
  const inMemory = instance(memory())
  const inFile = instance(sqlite(temporaryFile()))
  const withHash = instance(memory(), { authHash: () => 'the hash of a password' })
  const small = await signIn(inMemory, SMALL)
  return [
    read('landbridge, memory, 0.2 kB', inMemory, small),
    read('landbridge, memory, 2 kB', inMemory, await signIn(inMemory, LARGE)),
    read('landbridge, memory, 0.2 kB: remembered', inMemory, await signIn(inMemory, SMALL, true)),
    read('landbridge, memory, 0.2 kB: with authHash', withHash, await signIn(withHash, SMALL)),
    committed('landbridge, memory, 0.2 kB: …, commit', inMemory, small),
    web('landbridge, memory, 0.2 kB: Request, Headers, commit', inMemory, small),
    read('landbridge, sqlite, 0.2 kB', inFile, await signIn(inFile, SMALL)),
    read('landbridge, sqlite, 2 kB', inFile, await signIn(inFile, LARGE)),
    untouched('landbridge: session not touched, commit', inMemory, small),
    refused('landbridge, memory: wrong secret', inMemory, small.replace(/.{8}$/, 'AAAAAAAA')),
    refused('landbridge, memory: malformed cookie', inMemory, small.replace(/=.*/, '=%00.not a session')),
  ]
}

function instance(store: ReturnType<typeof memory>, more: Pick<SessionsOptions, 'authHash'> = {}): Bench {
  return createSessions<Content>({ topology: { kind: 'isolated', hosts: ['localhost'] }, store, ...more })
}

function read(name: string, sessions: Bench, cookie: string): Contestant {
  return reader(name, sessions, cookie, USER)
}

/** What is read with a cookie that is not honoured: nothing, at no higher cost. */
function refused(name: string, sessions: Bench, cookie: string): Contestant {
  return reader(name, sessions, cookie, undefined)
}

function reader(name: string, sessions: Bench, cookie: string, expected: unknown): Contestant {
  const run = async (request: NodeInput): Promise<unknown> => {
    const exchange = await sessions.open(request)
    return exchange.kind === 'serve' ? await exchange.session.get('user') : exchange.kind
  }
  return contestant({ name, prepare: () => nodeInput(cookie), run, expected })
}

function committed(name: string, sessions: Bench, cookie: string): Contestant {
  const prepare = (): [NodeInput, ResponseHeaders] => [nodeInput(cookie), new PlainHeaders()]
  return contestant({ name, prepare, run: (input) => readAndCommit(sessions, ...input), expected: USER })
}

function web(name: string, sessions: Bench, cookie: string): Contestant {
  const prepare = (): [Request, Headers] => [new Request(`${ORIGIN}/`, { headers: { cookie } }), new Headers()]
  return contestant({ name, prepare, run: (input) => readAndCommit(sessions, ...input), expected: USER })
}

async function readAndCommit(sessions: Bench, request: Request | NodeInput, headers: ResponseHeaders): Promise<unknown> {
  const exchange = await sessions.open(request)
  if (exchange.kind !== 'serve') return exchange.kind
  const user = await exchange.session.get('user')
  await exchange.commit(headers)
  return user
}

function untouched(name: string, sessions: Bench, cookie: string): Contestant {
  const prepare = (): [NodeInput, ResponseHeaders] => [nodeInput(cookie), new PlainHeaders()]
  const run = async ([request, headers]: [NodeInput, ResponseHeaders]): Promise<unknown> => {
    const exchange = await sessions.open(request)
    if (exchange.kind === 'serve') await exchange.commit(headers)
    return exchange.kind
  }
  return contestant({ name, prepare, run, expected: 'serve' })
}

/** A fresh object each time, as a server has one: nothing can be remembered on it. */
function nodeInput(cookie: string): NodeInput {
  const headers = { host: 'localhost:3000', cookie }
  return { method: 'GET', url: '/', headers, socket: { remoteAddress: '127.0.0.1' } }
}

/** Headers that cost next to nothing, as those of a framework that has a response object anyway. */
class PlainHeaders implements ResponseHeaders {
  readonly #values = new Map<string, string>()

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value)
  }

  append(name: string, value: string): void {
    const before = this.get(name)
    this.set(name, before === null ? value : `${before}, ${value}`)
  }
}
