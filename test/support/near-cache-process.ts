// One of several processes of an application: a hub and its spokes, with a near cache over Redis. Tells its port over IPC. What the browser
// asked for stands in `x-url`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { Redis } from 'ioredis'
import { createSessions } from 'landbridge'
import { cached } from 'landbridge/cached'
import { redis } from 'landbridge/redis'

const [port = '', channelPort = '', maxStaleMs = '', asksAlways = ''] = process.argv.slice(2)
const connect = (to: string): Redis => new Redis(Number(to), '127.0.0.1').on('error', () => undefined)
const store = redis(connect(port))
const { watch } = redis(connect(channelPort))

const sessions = createSessions({
  topology: { kind: 'hub', hub: 'acme.example', spokes: ['*.acme.example'], signIn: '/login', authorize: () => true },
  keys: ['a key of at least thirty-two characters'],
  store: cached({ ...store, watch: watch! }, { maxStaleMs: Number(maxStaleMs), alwaysAsk: asksAlways === 'true' }),
})

const server = createServer((incoming, outgoing) => void serve(incoming, outgoing))

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { 'x-url': url, ...headers } = incoming.headers
  const asked = new URL(String(url))
  const init = { method: incoming.method ?? 'GET', headers: { ...(headers as Record<string, string>), host: asked.host } }
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const request = new Request(asked, chunks.length > 0 ? { ...init, body: Buffer.concat(chunks).toString() } : init)
  const answer = await sessions.handle(request, async (session) => {
    if (request.method === 'POST' && asked.pathname === '/login') await session.signIn({ id: 'ada' })
    if (request.method === 'POST' && asked.pathname === '/out') await session.signOut()
    return new Response((await session.account())?.id ?? 'nobody')
  })
  for (const [name, value] of answer.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value)
  outgoing.setHeader('set-cookie', answer.headers.getSetCookie())
  outgoing.writeHead(answer.status).end(await answer.text())
}

server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
