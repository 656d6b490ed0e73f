/** An application over HTTP whose store can fail, and what a visitor who is signed in sees of it. */
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from 'landbridge/store'
import { expect, onTestFinished } from 'vitest'
import type { Application } from '../support/adapters.ts'
import { SERVERS } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'

const application: Application = {
  routes: {
    '/sign-in': async (session) => {
      await session.signIn({ id: 'ada' })
      return { body: 'welcome' }
    },
    '/sign-out': async (session) => {
      await session.signOut()
      return { body: 'goodbye' }
    },
    '/private': async (session) =>
      (await session.account())?.id === 'ada' ? { body: 'the secret page' } : { status: 401, body: 'sign in' },
  },
}

export interface Seen {
  readonly status: number
  /** Whether the protected page was shown. */
  readonly shown: boolean
  readonly cookie: string | undefined
  readonly ms: number
}

export const REFUSED = { status: 503, shown: false, cookie: undefined }
export const SERVED = { status: 200, shown: true }

export async function openSite(store: Store) {
  const { sessions, events } = makeSessions(store)
  const running = await SERVERS[0]!.start(sessions, application)
  onTestFinished(() => running.close())
  const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
  onTestFinished(() => agent.destroy())
  const visit = async (path: string, cookie?: string): Promise<Seen> => {
    const began = performance.now()
    const answer = await running.ask(path, { cookie, agent, headers: { 'sec-fetch-site': 'same-origin' } })
    const text = await answer.text()
    return { status: answer.status, shown: text.includes('secret'), cookie: sessionCookie(answer), ms: performance.now() - began }
  }
  const { cookie } = await visit('/sign-in')
  expect(await visit('/private', cookie)).toMatchObject(SERVED)
  return { visit, events, cookie: cookie!, page: () => visit('/private', cookie) }
}

/** Twenty visitors at once, then one after the other for a while: all are refused, nobody waits for long, and later nobody waits at all. */
export async function expectRefused(page: () => Promise<Seen>, forMs: number): Promise<number[]> {
  const first = await Promise.all(Array.from({ length: 20 }, page))
  for (const each of first) expect(each).toMatchObject(REFUSED)
  expect(Math.max(...first.map(({ ms }) => ms)), 'the first failing answers').toBeLessThan(1000)
  const times: number[] = []
  for (const until = performance.now() + forMs; performance.now() < until; await pause(10)) {
    const next = await page()
    expect(next).toMatchObject(REFUSED)
    times.push(next.ms)
  }
  return times
}

/** Served again within a second, without anybody's help. */
export async function expectBack(page: () => Promise<Seen>, withinMs = 1000): Promise<void> {
  const began = performance.now()
  while (!(await page()).shown) {
    expect(performance.now() - began, 'until it is back').toBeLessThan(withinMs)
    await pause(10)
  }
  for (let i = 0; i < 20; i++) expect(await page()).toMatchObject(SERVED)
}
