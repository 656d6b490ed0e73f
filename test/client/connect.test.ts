import { expect, test } from 'vitest'
import { ELMER, FUDD, HUB, visiting, who } from './site.ts'

const visit = visiting()

test('connect signs this host in without any navigation', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  const navigations: string[] = []
  elmer.on('framenavigated', (frame) => navigations.push(frame.url()))
  await elmer.evaluate(() => (window.mark = 'same page'))
  expect(await who(elmer)).toBe(null)
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
  expect(await who(elmer)).toBe('ada')
  expect(await elmer.evaluate(() => window.mark)).toBe('same page')
  expect(navigations).toEqual([])
})

test('without the hint connect sends nothing, and an anonymous visitor gets no cookie', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  const before = visitor.site.log.length
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
  expect(visitor.site.log.slice(before)).toEqual([])
  expect(await visitor.context.cookies()).toEqual([])
})

test('where somebody is signed in, connect asks this host alone, and changes nothing', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  const before = visitor.site.log.length
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
  expect(visitor.site.log.slice(before)).toEqual([`POST ${ELMER}/.session/begin`])
})

test('a page that was made for nobody learns that somebody signed in since', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER, { options: 'data-account-tag="of nobody"' })
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
  const accountTag = await elmer.evaluate(async () => (await landbridge.accounts()).tag)
  expect(await elmer.evaluate((tag) => landbridge.connect({ accountTag: tag }), accountTag)).toBe(false)
})

test('when the hub says that there is nobody, connect does not ask it again', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('stranger')
  for (let i = 0; i < 3; i++) expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(1)
})

test('connect does not undo a sign-out here', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  const asked = visitor.site.count(`GET ${HUB}/.session/ask`)
  expect(await elmer.evaluate(() => landbridge.signOut('here'))).toBe(true)
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
  expect(await who(elmer)).toBe(null)
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(asked)
})

test('ten tabs that connect at once ask the hub once, and all learn that it changed something', async () => {
  const visitor = await visit()
  const tabs = await Promise.all(Array.from({ length: 10 }, () => visitor.tab(ELMER)))
  await visitor.signIn('ada')
  const all = Promise.withResolvers<void>()
  visitor.site.intercept = async ({ url }) => {
    if (url!.startsWith('/.session/ask')) await all.promise
    return false
  }
  const connecting = await Promise.all(tabs.map((tab) => tab.evaluateHandle(() => ({ changed: landbridge.connect() }))))
  all.resolve()
  const changed = await Promise.all(connecting.map((each) => each.evaluate((held) => held.changed)))
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(1)
  expect(visitor.site.count(`POST ${ELMER}/.session/in`)).toBe(1)
  expect(changed).toEqual(tabs.map(() => true))
})

test('a tab that closes while it asks leaves the question to the next one', async () => {
  const visitor = await visit()
  const [first, second] = [await visitor.tab(ELMER), await visitor.tab(ELMER)]
  await visitor.signIn('ada')
  const asked = Promise.withResolvers<void>()
  visitor.site.intercept = (request) => {
    // The first question gets no answer.
    if (!request.url!.startsWith('/.session/ask')) return false
    visitor.site.intercept = null
    asked.resolve()
    return true
  }
  void first.evaluate(() => landbridge.connect()).catch(() => undefined)
  await asked.promise
  const waiting = second.evaluate(() => landbridge.connect())
  await first.close()
  expect(await waiting).toBe(true)
  expect(await who(second)).toBe('ada')
})

test('where the browser has no locks, a page still asks once', async () => {
  const visitor = await visit()
  await visitor.context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'))
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  const changed = await elmer.evaluate(() => Promise.all([landbridge.connect(), landbridge.connect()]))
  expect(changed).toEqual([true, true])
  expect(await elmer.evaluate(() => 'locks' in navigator)).toBe(false)
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(1)
})

test('connect resolves to false, and throws nothing, when a host breaks or nothing can be reached', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  for (const broken of ['/.session/begin', '/.session/ask', '/.session/in']) {
    visitor.site.intercept = ({ url }, response) => {
      if (!url!.startsWith(broken)) return false
      response.writeHead(500, { 'access-control-allow-origin': visitor.site.url(ELMER), 'access-control-allow-credentials': 'true' })
      response.end('broken')
      return true
    }
    expect([broken, await elmer.evaluate(() => landbridge.connect())]).toEqual([broken, false])
  }
  await visitor.context.setOffline(true)
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
})

test('signIn goes to the sign-in page with the path to come back to', async () => {
  const visitor = await visit()
  const fudd = await visitor.tab(FUDD)
  await visitor.signIn('ada')
  await Promise.all([fudd.waitForURL(/who\?a=b&c$/), fudd.evaluate(() => landbridge.signIn('/who?a=b&c'))])
  expect(JSON.parse(await fudd.innerText('body'))).toMatchObject({ id: 'ada' })
  expect(visitor.site.count(`GET ${FUDD}/.session/begin`)).toBe(1)
})
