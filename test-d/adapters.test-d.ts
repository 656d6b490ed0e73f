/** Checked by the compiler alone (`npm run types`): a wrong type here is an error there, and nothing of this file ever runs. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { Account, Exchange, RegisteredData, Session, SessionEvent, SessionId, Sessions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { expressDevices, fastifyDevices, honoDevices, nodeDevices, webDevices } from 'landbridge/devices'
import { expressSessions } from 'landbridge/express'
import { fastifySessions } from 'landbridge/fastify'
import { honoSessions } from 'landbridge/hono'
import { memory } from 'landbridge/memory'
import { nodeSessions, nodeUpgrade } from 'landbridge/node'
import { sqlite } from 'landbridge/sqlite'
import { expectTypeOf } from 'vitest'

interface Shop {
  cart: string[]
  theme: 'light' | 'dark'
}

const topology = { kind: 'isolated', hosts: ['*.acme.localhost'] } as const
const sessions = createSessions<Shop>({ topology, store: memory() })
expectTypeOf(sessions).toEqualTypeOf<Sessions<Shop>>()
expectTypeOf(memory()).toEqualTypeOf<Store>()
expectTypeOf(sqlite('sessions.db')).toEqualTypeOf<Store>()

// Without a type of its own an application keeps what it likes under any key, and gets back what it has to look at.
const untyped = createSessions({ topology, store: memory() })
expectTypeOf<RegisteredData>().toEqualTypeOf<Record<string, unknown>>()
expectTypeOf(untyped).toEqualTypeOf<Sessions<Record<string, unknown>>>()

// @ts-expect-error -- a store is required
createSessions({ topology })
// @ts-expect-error -- a topology is required
createSessions({ store: memory() })
// @ts-expect-error -- no such kind
createSessions({ topology: { kind: 'alone', hosts: [] }, store: memory() })
// @ts-expect-error -- 'isolated' lists hosts
createSessions({ topology: { kind: 'isolated', domain: '.example.com' }, store: memory() })
// @ts-expect-error -- no such unit
createSessions({ topology, store: memory(), lifetime: { idle: '3 weeks' } })
// @ts-expect-error -- no such option
createSessions({ topology, store: memory(), secret: 'x' })

/** One session: keys and values of every method. */
export async function typedSession(session: Session<Shop>): Promise<void> {
  expectTypeOf(await session.get('cart')).toEqualTypeOf<string[] | undefined>()
  expectTypeOf(await session.get('theme')).toEqualTypeOf<'light' | 'dark' | undefined>()
  expectTypeOf(await session.all()).toEqualTypeOf<Partial<Shop>>()
  expectTypeOf(await session.account()).toEqualTypeOf<Account | null>()
  expectTypeOf(session.id).toEqualTypeOf<SessionId | null>()
  expectTypeOf(session.set).parameter(0).toEqualTypeOf<'cart' | 'theme'>()
  expectTypeOf(session.unset).parameter(0).toEqualTypeOf<'cart' | 'theme'>()
  session.set('theme', 'dark')
  expectTypeOf(await session.update('cart', (cart = []) => [...cart, 'hat'])).toEqualTypeOf<string[]>()
  expectTypeOf(await session.update('theme', (theme) => theme ?? 'dark')).toEqualTypeOf<'light' | 'dark'>()
  expectTypeOf(session.flash('note', { any: 'value' })).toEqualTypeOf<void>()
  expectTypeOf(session.flash('note')).toEqualTypeOf<Promise<unknown>>()

  // @ts-expect-error -- no such key
  await session.get('crat')
  // @ts-expect-error -- not a value of this key
  session.set('theme', 'blue')
  // @ts-expect-error -- the value of another key
  session.set('theme', ['hat'])
  // @ts-expect-error -- no such key
  session.unset('crat')
  // @ts-expect-error -- what comes out is not a value of this key
  await session.update('cart', () => 'hat')
  // @ts-expect-error -- an account has an id
  await session.signIn('elmer')
  // @ts-expect-error -- an id is a text
  await session.signIn({ id: 7 })
  // @ts-expect-error -- 'here' or 'everywhere'
  await session.signOut('there')
}

/** A Web-standard request. */
export async function web(request: Request): Promise<void> {
  const response = await sessions.handle(request, (session) => {
    expectTypeOf(session).toEqualTypeOf<Session<Shop>>()
    return new Response()
  })
  expectTypeOf(response).toEqualTypeOf<Response>()
  expectTypeOf(await sessions.open(request)).toEqualTypeOf<Exchange<Shop>>()
  // @ts-expect-error -- a response is owed
  await sessions.handle(request, () => 'text')
}

// node:http: the request that the handler gets has the session of these very sessions.
nodeSessions(sessions, (request, response) => {
  expectTypeOf(request.session).toEqualTypeOf<Session<Shop>>()
  expectTypeOf(request).toExtend<IncomingMessage>()
  expectTypeOf(response).toEqualTypeOf<ServerResponse>()
})
nodeUpgrade(sessions, (request, socket, head) => {
  expectTypeOf(request.session).toEqualTypeOf<Session<Shop>>()
  expectTypeOf(socket).toEqualTypeOf<Duplex>()
  expectTypeOf(head).toEqualTypeOf<Buffer>()
})

// Frameworks: their own request object, typed by Register, whose default is any value under any key.
express()
  .use(expressSessions(sessions))
  .get('/', (request) => {
    expectTypeOf(request.session).toEqualTypeOf<Session<RegisteredData>>()
  })

const app = fastify()
await app.register(fastifySessions(sessions))
app.get('/', (request) => {
  expectTypeOf(request.session).toEqualTypeOf<Session<RegisteredData>>()
})

new Hono().use(honoSessions(sessions)).get('/', (c) => {
  expectTypeOf(c.var.session).toEqualTypeOf<Session<RegisteredData>>()
  expectTypeOf(c.get('session')).toEqualTypeOf<Session<RegisteredData>>()
  return c.body(null)
})

// The ready-made list of browsers goes into each framework in one line, whatever the sessions hold.
express()
  .use('/devices', expressDevices())
  .all('/devices', expressDevices({ freshFor: '10m' }))
await app.register(fastifyDevices(), { prefix: '/devices' })
new Hono().use(honoSessions(sessions)).all('/devices', honoDevices({ texts: { title: 'Devices' } }))
nodeSessions(sessions, (request, response) => nodeDevices()(request, response))
void sessions.handle(new Request('http://h/'), (session) => webDevices()(new Request('http://h/'), session))
// @ts-expect-error -- no such option
expressDevices({ fresh: '10m' })

// Events are a union to switch on.
sessions.subscribe((event: SessionEvent) => {
  if (event.type === 'store.failed') expectTypeOf(event.error).toEqualTypeOf<Error>()
  if (event.type === 'cookie.duplicate') expectTypeOf(event.count).toEqualTypeOf<number>()
})
