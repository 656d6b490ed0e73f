/** TLS that ends at a proxy which nobody said to trust: a crossing would send its asks and tickets over plain http. It does not begin. */
import { createSessions } from 'landbridge'
import type { SessionEvent } from 'landbridge'
import { memory } from 'landbridge/memory'
import { expect, onTestFinished, test } from 'vitest'
import { HUB_TOPOLOGY, KEYS } from '../support/crossing.ts'
import { nodeRequest } from '../support/visitor.ts'

const NAVIGATION = { accept: 'text/html', cookie: '__Secure-hint=x' }
const FORWARDED = { 'x-forwarded-proto': 'https' }

function start(trustedProxies?: string[]) {
  const events: SessionEvent[] = []
  const sessions = createSessions({
    topology: HUB_TOPOLOGY,
    store: memory(),
    keys: KEYS,
    onEvent: (event) => events.push(event),
    ...(trustedProxies ? { trustedProxies } : {}),
  })
  onTestFinished(() => sessions.close())
  return { events, open: (url: string) => sessions.open(nodeRequest('elmer.acme.example', { ...NAVIGATION, ...FORWARDED }, { url })) }
}

test('no page is sent to the hub, no endpoint answers, and an event says why', async () => {
  const { events, open } = start()
  expect(await open('/page')).toMatchObject({ kind: 'serve' })
  expect(await open('/private')).toMatchObject({ kind: 'reply', reply: { status: 401 } })
  expect(await open('/.session/begin?to=/')).toMatchObject({ kind: 'reply', reply: { status: 400, cookies: [] } })
  expect(events.map(({ type }) => type)).toEqual(['cookie.insecure-transport', 'cookie.insecure-transport', 'crossing.refused'])
  expect(events.at(-1)).toMatchObject({ reason: 'insecure-transport' })
})

test('with the proxy in trustedProxies the ask goes to the hub over https', async () => {
  const { open } = start(['127.0.0.1'])
  const exchange = await open('/page')
  expect(exchange).toMatchObject({ kind: 'reply', reply: { status: 303 } })
  expect((exchange as Extract<typeof exchange, { kind: 'reply' }>).reply.headers['location']).toMatch(/^https:\/\/acme\.example\//)
})
