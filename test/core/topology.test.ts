import type { HostResolver, Topology } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { codeOf, START } from './support.ts'

function hosts(topology: Topology | readonly Topology[]) {
  const clock = { now: START }
  const sessions = createSessions({ topology, store: memory(), clock: () => clock.now })
  /** Where a host lands: its canonical name and its cookie, or the status of the refusal. */
  const at = async (host: string) => {
    const exchange = await sessions.open({ method: 'GET', url: '/', headers: { host } })
    if (exchange.kind === 'reply') return exchange.reply.status
    exchange.session.set('a', 1)
    const headers = new Headers()
    await exchange.commit(headers)
    const [, name, domain = ''] = /^([^=]+)=[^;]+; Path=\/(?:; Domain=([^;]+))?;/.exec(headers.getSetCookie()[0]!)!
    return `${exchange.session.host} ${name} ${domain}`.trim()
  }
  return { at, clock }
}

const isolated = (...rules: (string | HostResolver)[]): Topology => ({ kind: 'isolated', hosts: rules })
const shared = (domain: string): Topology => ({ kind: 'shared', domain })

describe('rules', () => {
  test('an exact host wins over a wildcard, a longer wildcard over a shorter one, any rule over a resolver, whatever the order', async () => {
    const asked: string[] = []
    const resolver = (host: string) => asked.push(host) > 0
    const topologies = [isolated(resolver, '*.tenants.example.com', 'only.example.com'), shared('.example.com'), isolated('*.example.org')]
    for (const topology of [topologies, topologies.toReversed()]) {
      const { at } = hosts(topology)
      expect(await at('example.com')).toBe('example.com __Secure-sid example.com')
      expect(await at('a.example.com')).toBe('a.example.com __Secure-sid example.com')
      expect(await at('tenants.example.com')).toBe('tenants.example.com __Secure-sid example.com')
      expect(await at('a.tenants.example.com')).toBe('a.tenants.example.com __Host-sid')
      expect(await at('a.b.tenants.example.com')).toBe('a.b.tenants.example.com __Host-sid')
      expect(await at('only.example.com')).toBe('only.example.com __Host-sid')
      expect(await at('x.example.org')).toBe('x.example.org __Host-sid')
      expect(asked).toEqual([])
    }
    const { at } = hosts(topologies)
    expect(await at('example.org')).toBe('example.org __Host-sid')
    expect(asked).toEqual(['example.org'])
  })

  test('a rule with a port means that port; one without means every port', async () => {
    const { at } = hosts(isolated('app.example.com:8443', '*.example.org'))
    expect(await at('app.example.com:8443')).toBe('app.example.com:8443 __Host-sid')
    expect([await at('app.example.com'), await at('app.example.com:8444')]).toEqual([421, 421])
    expect(await at('a.example.org:1234')).toBe('a.example.org __Host-sid')
  })

  test('a shared domain covers itself and all below, and nothing that only looks like it', async () => {
    const { at } = hosts(shared('.Example.COM'))
    expect(await at('deep.down.example.com')).toBe('deep.down.example.com __Secure-sid example.com')
    for (const host of ['badexample.com', 'example.com.evil.com', 'example.co', 'com']) expect(await at(host)).toBe(421)
    expect(await hosts(shared('.acme.localhost')).at('a.acme.localhost')).toBe('a.acme.localhost __Secure-sid acme.localhost')
    expect(await hosts(shared('.shop.example.co.uk')).at('shop.example.co.uk')).toContain('__Secure-sid')
    expect(await hosts(shared('.me.github.io')).at('me.github.io')).toContain('__Secure-sid')
    expect(await hosts(shared('.bücher.example')).at('a.xn--bcher-kva.example')).toContain('Secure-sid xn--bcher-kva.example')
  })

  test('the thousands of hosts of a wildcard are served without being kept for ever', async () => {
    const { at } = hosts(isolated('*.acme.com'))
    for (let i = 0; i < 10_050; i++) if (i % 1000 === 0 || i > 9995) expect(await at(`h${i}.acme.com`)).toBe(`h${i}.acme.com __Host-sid`)
  })
})

describe('a resolver', () => {
  test('is asked once per host in ten seconds, for refusals too, by its canonical name without a port', async () => {
    const asked: string[] = []
    const { at, clock } = hosts(isolated(async (host) => asked.push(host) > 0 && host !== 'no.com'))
    for (const host of ['Yes.com', 'yes.com:8080', 'yes.com.', 'no.com', 'NO.com']) await at(host)
    expect(asked).toEqual(['yes.com', 'no.com'])
    expect([await at('yes.com'), await at('no.com')]).toEqual(['yes.com __Host-sid', 421])
    clock.now += 9999
    await at('yes.com')
    expect(asked).toHaveLength(2)
    clock.now += 1
    await at('yes.com')
    expect(asked).toEqual(['yes.com', 'no.com', 'yes.com'])
  })

  test('is asked once by concurrent requests for one host', async () => {
    const asked: string[] = []
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { at } = hosts(
      isolated((host) => {
        asked.push(host)
        return promise
      }),
    )
    const all = [at('a.com'), at('a.com'), at('A.com'), at('b.com')]
    resolve(true)
    expect(await Promise.all(all)).toEqual(['a.com __Host-sid', 'a.com __Host-sid', 'a.com __Host-sid', 'b.com __Host-sid'])
    expect(asked).toEqual(['a.com', 'b.com'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('database'))],
  ])('that %s fails the request with ERR_HOSTS_UNAVAILABLE, and is asked again by the next one', async (_how, fail) => {
    let broken = true
    const { at } = hosts(isolated(() => (broken ? fail() : true)))
    expect(await Promise.all([codeOf(() => at('a.com')), codeOf(() => at('a.com'))])).toEqual([
      'ERR_HOSTS_UNAVAILABLE',
      'ERR_HOSTS_UNAVAILABLE',
    ])
    await expect(at('a.com')).rejects.toMatchObject({ cause: new Error('database'), status: 503 })
    broken = false
    expect(await at('a.com')).toBe('a.com __Host-sid')
  })

  test('that fails is answered with 503 by handle', async () => {
    const sessions = createSessions({ topology: isolated(() => Promise.reject(new Error('database'))), store: memory() })
    const response = await sessions.handle(new Request('https://a.com/'), () => new Response('never'))
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('[ERR_HOSTS_UNAVAILABLE]')])
  })

  test('admits by true alone', async () => {
    for (const answer of [1, 'yes', {}, [], null, undefined, false])
      expect(await hosts(isolated(() => answer as boolean)).at('a.com')).toBe(421)
  })

  test('comes after another: the first that admits decides, and all are asked before a refusal', async () => {
    const asked: string[] = []
    const rule = (name: string, answer: boolean) => () => asked.push(name) > 0 && answer
    const { at } = hosts(isolated(rule('first', false), rule('second', true), rule('third', true)))
    expect(await at('a.com')).toBe('a.com __Host-sid')
    expect(asked).toEqual(['first', 'second'])
  })

  test('whose visitors invent a thousand hosts keeps no more answers than that', async () => {
    const asked: string[] = []
    const { at } = hosts(isolated((host) => asked.push(host) < 0))
    await at('first.com')
    for (let i = 0; i < 999; i++) await at(`h${i}.com`)
    await at('first.com')
    expect(asked).toHaveLength(1000)
    await at('one-more.com')
    await at('first.com')
    expect(asked).toHaveLength(1002)
  })
})
