/** A sign-in page that forwards whoever is signed in already, as most do, sends nobody round in a circle. */
import { expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { ELMER, HUB, hubOf, signIn, statuses, whoAt } from '../support/crossing.ts'

function start() {
  const world = hubOf()
  const forwarding = (request: Request): Promise<Response> =>
    request.method === 'GET' && new URL(request.url).pathname === '/login'
      ? world.sessions.handle(request, async (session) => {
          if ((await session.account()) === null) return new Response('login page')
          return new Response(null, { status: 303, headers: { location: session.signInTarget()?.url ?? '/' } })
        })
      : world.serve(request)
  return { ...world, browser: new Browser(forwarding) }
}

test('who is signed in and may not use the host is told so after six redirects', async () => {
  const { browser } = start()
  await signIn(browser, HUB, 'stranger')
  const visit = await browser.go(`${ELMER}/private`)
  expect(statuses(visit)).toEqual([303, 303, 303, 303, 303, 303, 401])
  expect([visit.url, visit.text.includes('Please sign in')]).toEqual([`${ELMER}/private`, true])
})

test('who has just signed in arrives', async () => {
  const { browser } = start()
  const { url, text } = await browser.go(`${ELMER}/private`)
  expect(text).toBe('login page')
  await browser.post(url.replace('/login?', '/login?as=ada&'), {})
  expect(await whoAt(browser, `${ELMER}/private`)).toBe('ada')
})
