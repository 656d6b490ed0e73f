// Attack 17: a message from a wrong origin, from a wrong window, or for another question is ignored.
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { Visitor } from './site.ts'
import { ELMER, FUDD, HUB, visiting, who } from './site.ts'

const visit = visiting()

/** The hub may be framed, but not fetched. */
const FRAMES_ONLY = (visitor: Visitor): string =>
  `default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self' ${visitor.site.url(HUB)} ${visitor.site.url(FUDD)}`

test('where the hub may not be fetched, a hidden frame asks, and is gone afterwards', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER, { csp: FRAMES_ONLY(visitor) })
  await visitor.signIn('ada')
  const frames: (string | null)[] = []
  elmer.on('frameattached', () => frames.push('attached'))
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
  expect(await who(elmer)).toBe('ada')
  expect(frames).toEqual(['attached'])
  expect(await elmer.evaluate(() => document.querySelector('iframe'))).toBe(null)
  expect(visitor.site.count(`POST ${ELMER}/.session/frame`)).toBe(1)
})

test('the frame tells the hub nothing of the page that it is in', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER, { csp: FRAMES_ONLY(visitor) })
  await visitor.signIn('ada')
  const referers: unknown[] = []
  visitor.site.intercept = ({ url, headers }) => {
    if (url!.startsWith('/.session/ask')) referers.push(headers.referer)
    return false
  }
  await elmer.evaluate(() => landbridge.connect())
  expect(referers).toEqual([undefined])
})

test('after 5 seconds without an answer the visitor stays anonymous', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER, { csp: FRAMES_ONLY(visitor) })
  await visitor.signIn('ada')
  const asked = Promise.withResolvers<void>()
  visitor.site.intercept = ({ url }) => {
    if (!url!.startsWith('/.session/ask')) return false
    asked.resolve()
    return true
  }
  await elmer.clock.install()
  const connecting = elmer.evaluate(() => landbridge.connect())
  await asked.promise
  await elmer.clock.fastForward(5000)
  expect(await connecting).toBe(false)
  expect(await elmer.evaluate(() => document.querySelector('iframe'))).toBe(null)
})

const html = (response: ServerResponse, script: string): void =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end(`<script>${script}</script>`)

const forged = (rid: string, type = 'landbridge') => `parent.postMessage(${JSON.stringify({ type, rid, changed: true })}, '*')`

/**
 * Each lies that somebody is signed in now, while the right answer, which comes after it, is that there is nobody. The first question
 * is answered by the attack, which then has the frame ask again.
 */
const LIES: Record<string, (about: { rid: string; ask: string; visitor: Visitor; response: ServerResponse }) => void> = {
  'the right window and question, but of the origin of the hub': ({ rid, response }) => html(response, `${forged(rid)}; location.reload()`),
  'the right window and origin, but another question': ({ rid, ask, visitor, response }) => {
    const query = new URLSearchParams({ rid: rid.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')), ask })
    response.writeHead(303, { location: visitor.site.url(ELMER, `/lie?${query.toString()}`) }).end()
  },
  'the right window, origin and question, but no message of ours': ({ rid, ask, visitor, response }) => {
    const query = new URLSearchParams({ rid, ask, type: 'other' })
    response.writeHead(303, { location: visitor.site.url(ELMER, `/lie?${query.toString()}`) }).end()
  },
}

test.each(Object.keys(LIES))('a message is ignored that is of %s', async (name) => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER, { csp: FRAMES_ONLY(visitor) })
  await visitor.signIn('stranger')
  let lies = 0
  visitor.site.intercept = (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, visitor.site.url(HUB))
    const rid = searchParams.get('rid')!
    if (pathname === '/lie') {
      html(response, `${forged(rid, searchParams.get('type') ?? undefined)}; location = ${JSON.stringify(searchParams.get('ask'))}`)
      return true
    }
    if (pathname !== '/.session/ask' || lies++ > 0) return false
    LIES[name]!({ rid, ask: visitor.site.url(HUB, request.url), visitor, response })
    return true
  }
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(false)
  expect(lies).toBe(2)
})

test.each([
  ['this host, but from the page itself', null],
  ['this host, but from another frame', ELMER],
  ['another host, from another frame', FUDD],
])('a message is ignored that is of %s', async (_, host) => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER, { csp: FRAMES_ONLY(visitor) })
  await visitor.signIn('stranger')
  const [asked, lied] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
  visitor.site.intercept = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, visitor.site.url(HUB))
    if (pathname === '/lie') {
      html(response, forged(searchParams.get('rid')!))
      return true
    }
    if (pathname !== '/.session/ask') return false
    asked.resolve(searchParams.get('rid')!)
    await lied.promise
    return false
  }
  const connecting = elmer.evaluate(() => landbridge.connect())
  const rid = await asked.promise
  const frame = host && visitor.site.url(host, `/lie?rid=${rid}`)
  await elmer.evaluate(
    async ([src, message]) => {
      const heard = new Promise((resolve) => {
        addEventListener('message', resolve, { once: true })
      })
      if (src === null) postMessage(message, '*')
      else document.body.append(Object.assign(document.createElement('iframe'), { src }))
      await heard
    },
    [frame, { type: 'landbridge', rid, changed: true }] as const,
  )
  lied.resolve()
  expect(await connecting).toBe(false)
})
