/** Attack 34: store down or hanging during a crossing: never fails open, bounded time, recovers by itself. */
import { describe, expect, test } from 'vitest'
import { answerTo, askedFor, ELMER, HUB, hubOf, newHandles, seen, signIn, whoAt } from '../support/crossing.ts'

type Method = Parameters<ReturnType<typeof hubOf>['watched']['fail']>[0]

describe('a store that is down', () => {
  test.each<Method>(['read', 'put'])('at the hub, at %s, is a 503 there, and the same ask is good once it is back', async (method) => {
    const { browser, watched, events } = hubOf()
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/page`)).location!
    watched.fail(method)
    const { response, location } = await browser.hop(ask)
    expect([response.status, location, response.headers.getSetCookie()]).toEqual([503, null, []])
    expect(events.at(-1)!.type).toBe('store.failed')
    watched.fail()
    expect(seen(await browser.go(ask)).id).toBe('ada')
  })

  test.each<Method>(['take', 'attach'])(
    'at the spoke, at %s, is a 503 without a cookie, and afterwards the way is free again',
    async (method) => {
      const { browser, watched } = hubOf()
      await signIn(browser, HUB)
      const { form } = await askedFor(browser, `${ELMER}/page`)
      watched.fail(method)
      const { response } = await browser.hop(form)
      expect([response.status, newHandles(response)]).toEqual([503, []])
      watched.fail()
      // The ticket is spent when it was taken; then the next visit brings another.
      if (method === 'take') expect(seen(await browser.go(form)).id).toBe('ada')
      else expect((await browser.hop(form)).response.status).toBe(400)
      expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
    },
  )

  test('while a page is read is a 503, and no redirect', async () => {
    const { browser, watched } = hubOf()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    watched.fail('read')
    for (const path of ['/page', '/private']) {
      const { response, location } = await browser.hop(ELMER + path)
      expect([response.status, location]).toEqual([503, null])
    }
    watched.fail()
    expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
  })

  test('at a sign-out or a switch is a 503, and nothing is said to be done', async () => {
    const { browser, watched } = hubOf()
    await signIn(browser, HUB, 'bob')
    await browser.post(`${HUB}/add?as=ada`, {})
    watched.fail('revoke', 'update', 'renew')
    for (const act of ['sign-out', 'switch', 'remove']) {
      const { response } = await browser.fetch(`${HUB}/.session/${act}`, { method: 'POST', body: '{"account":"bob"}' })
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    }
    watched.fail()
    expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
  })
})

test('a store that hangs is a 503 within a second, at whichever step, and everything works once it answers', async () => {
  const hanging = async (method: Method) => {
    const { browser, watched, clock } = hubOf()
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/page`)).location!
    const next = method === 'read' || method === 'put' ? ask : await answerTo(browser, ask)
    const { open } = watched.hold(method)
    const began = performance.now()
    const { response } = await browser.hop(next)
    expect([response.status, newHandles(response)]).toEqual([503, []])
    expect(performance.now() - began).toBeLessThan(1000)
    open()
    clock.advance(2000)
    expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
  }
  await Promise.all((['read', 'put', 'take', 'attach'] as const).map(hanging))
})

describe('an application that cannot tell who may come in', () => {
  test.each([
    ['throws', () => Promise.reject(new Error('the database of members is down'))],
    ['answers nothing', () => Promise.resolve(undefined as never)],
    ['answers a text', () => Promise.resolve('yes' as never)],
    ['answers a number', () => Promise.resolve(1 as never)],
  ])('and %s lets nobody in', async (_, authorize) => {
    const { browser, watched } = hubOf({ topology: { authorize } })
    await signIn(browser, HUB)
    const { response, form } = await browser.hop((await browser.hop(`${ELMER}/`)).location!)
    expect([form, response.headers.getSetCookie()]).toEqual([null, []])
    expect([303, 503]).toContain(response.status)
    expect(watched.calls).not.toContain('put')
  })

  test('later on is a 503 at the spoke, and the session is there again once it can', async () => {
    let down = false
    const authorize = () => {
      if (down) throw new Error('down')
      return true
    }
    const { browser, clock } = hubOf({ topology: { authorize } })
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    clock.advance(301_000)
    down = true
    expect((await browser.hop(`${ELMER}/`)).response.status).toBe(503)
    down = false
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
  })
})
