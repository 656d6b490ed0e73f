/** Attack 31: POST, HEAD, OPTIONS, fetch without a session: no redirect to the hub, body never re-sent. */
import { describe, expect, test } from 'vitest'
import { NAVIGATION } from '../support/browser.ts'
import { ELMER, HUB, hubOf, signIn, statuses } from '../support/crossing.ts'

const HINTED = { cookie: '__Secure-hint=x' }

describe.each(['/page', '/private'])('without a session, %s', (path) => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('by %s leads nowhere', async (method) => {
    const { serve, watched } = hubOf()
    for (const accept of ['text/html', 'application/json', '*/*']) {
      const headers = { ...NAVIGATION, ...HINTED, accept, 'sec-fetch-site': 'same-origin' }
      const answer = await serve(new Request(ELMER + path, { method, headers, ...(method === 'POST' ? { body: 'secret=1' } : {}) }))
      expect([answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([null, []])
      if (path === '/private') expect(answer.status).toBe(401)
      expect(await answer.text()).not.toContain('secret=1')
    }
    expect(watched.calls).toEqual([])
  })

  test.each([
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-mode': 'same-origin', 'sec-fetch-dest': 'empty', accept: 'text/html' },
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'text/event-stream' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', accept: 'text/html' },
    { accept: 'application/json' },
    { accept: 'application/rss+xml, text/html;q=0.5' },
    { accept: '*/*' },
    {},
  ])('as a request that goes to no page (%j) leads nowhere', async (headers) => {
    const { serve } = hubOf()
    const answer = await serve(new Request(ELMER + path, { headers: { ...HINTED, ...headers } }))
    expect([answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([null, []])
    expect(answer.status).toBe(path === '/private' ? 401 : 200)
  })
})

test('a form that was sent without a session is not sent again by anything on the way to a session', async () => {
  const { browser } = hubOf()
  const posted = await browser.post(`${ELMER}/private/order`, { item: 'secret' })
  expect([statuses(posted), posted.text.includes('send it again')]).toEqual([[401], true])
  await signIn(browser, HUB)
  const visit = await browser.go(`${ELMER}/.session/begin?to=/private/order`, { from: `${ELMER}/private/order` })
  expect([visit.url, visit.text.includes('ada')]).toEqual([`${ELMER}/private/order`, true])
  // The one body on the way is the ticket's, at our own address; the page itself is fetched.
  const posts = visit.steps.filter(({ request }) => request.method !== 'GET').map(({ request }) => request.url)
  expect(posts).toEqual([`${ELMER}/.session/in`])
  for (const { request } of visit.steps.slice(0, -1)) expect(request.url).not.toContain('secret')
  for (const { body = '' } of visit.steps) expect(body).not.toContain('secret')
})

test('every redirect of ours is a 303, which makes a GET of everything', async () => {
  const { browser } = hubOf()
  const asked = await browser.go(`${ELMER}/private`)
  await browser.post(asked.url, {})
  const out = await browser.post(`${HUB}/.session/sign-out`, {})
  for (const { steps } of [asked, out]) for (const { response } of steps.slice(0, -1)) expect(response.status).toBe(303)
})
