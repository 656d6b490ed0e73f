/** Attack 37 on every adapter, and on every store that makes a difference: sessions in one process, on a server, in the cookie itself. */
import type { SessionsOptions, Store } from 'landbridge'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { REAL_STORES } from '../stores/real-stores.ts'
import { ADAPTERS } from '../support/adapters.ts'
import type { Adapter } from '../support/adapters.ts'
import type { Answer } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const ALICE = 'alice.acme.localhost'

/** All that was set: a sealed session takes several cookies. */
const cookiesOf = ({ setCookies }: Answer): string =>
  setCookies
    .filter((line) => !line.includes('Max-Age=0'))
    .map((line) => line.split(';')[0])
    .join('; ')

async function start(adapter: Adapter, store: Store, options: Partial<SessionsOptions> = {}) {
  const user = { id: 'elmer', password: 'one', now: Date.now() }
  const authHash = async (id: string) => (id === user.id ? user.password : null)
  const routes = {
    ...ROUTES,
    '/change': async (session: Parameters<(typeof ROUTES)['/who'] & {}>[0]) => {
      await session.account()
      user.password = 'changed here'
      await session.signIn({ id: user.id })
      return { body: 'changed' }
    },
  }
  const launched = await launch(adapter, { routes }, { inner: store, authHash, clock: () => user.now, ...options })
  const signIn = async (host?: string) => cookiesOf(await launched.ask('/sign-in', host === undefined ? {} : { host }))
  const who = async (cookie: string, host?: string) =>
    (await launched.ask('/who', host === undefined ? { cookie } : { cookie, host })).text()
  return { ...launched, user, signIn, who }
}

async function changedElsewhere(adapter: Adapter, store: Store) {
  const { user, signIn, who } = await start(adapter, store)
  const [own, thief, abroad] = [await signIn(), await signIn(), await signIn(ALICE)]
  expect([await who(own), await who(thief), await who(abroad, ALICE)]).toEqual(['elmer', 'elmer', 'elmer'])
  user.password = 'two'
  user.now += 5000
  expect([await who(thief), await who(abroad, ALICE), await who(own)]).toEqual(['anonymous', 'anonymous', 'anonymous'])
  user.password = 'one'
  user.now += 5000
  return Promise.all([who(thief), who(own)])
}

async function changedHere(adapter: Adapter, store: Store, afterMs: number) {
  const { ask, user, signIn, who } = await start(adapter, store)
  const [own, thief] = [await signIn(), await signIn()]
  const changed = await ask('/change', { cookie: own })
  user.now += afterMs
  expect([changed.status, await who(thief), await who(own)]).toEqual([200, 'anonymous', 'anonymous'])
  expect(await who(cookiesOf(changed))).toBe('elmer')
}

const SEALED = { name: 'sealed-cookie', make: () => ({ store: sealedCookie({ keys: ['k'.repeat(40)] }), remove: () => undefined }) }

describe.each(ADAPTERS)('$name', (adapter) => {
  describe.each([...STORES, SEALED])('over $name', ({ name, make }) => {
    const made = () => {
      const { store, remove } = make()
      onTestFinished(remove)
      return store
    }

    test('whoever knew the password before is out on every host at his next request', async () => {
      const after = await changedElsewhere(adapter, made())
      // What travels in the cookie cannot be ended on a server: there it is the password that opens it, or not.
      expect(after).toEqual(name === SEALED.name ? ['elmer', 'elmer'] : ['anonymous', 'anonymous'])
    })

    test('the browser that changes it stays, the others are out', () => changedHere(adapter, made(), name === SEALED.name ? 5000 : 0))
  })
})

const ON_SERVERS = /^(Redis over (ioredis|node-redis)|PostgreSQL over (pg|postgres)|MariaDB over mysql2|express-store over .*)$/
describe.each(REAL_STORES.filter(({ name }) => ON_SERVERS.test(name)))('over $name', ({ name, missing, start: begin }) => {
  let reached: Awaited<ReturnType<typeof begin>>
  beforeAll(async () => {
    if (missing === null) reached = await begin()
  }, 60_000)
  afterAll(() => reached?.stop())
  const made = async () => ({ ...[await reached.make()].flat()[0]!, close: () => undefined })

  test.skipIf(missing !== null)('whoever knew the password before is out at his next request, and whoever changed it is not', async () => {
    expect(await changedElsewhere(ADAPTERS[0]!, await made())).toEqual(['anonymous', 'anonymous'])
    await changedHere(ADAPTERS[0]!, await made(), name.startsWith('express-store') ? 5000 : 0)
  })
})
