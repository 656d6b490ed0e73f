/** What a visitor meets while the server behind a store is stopped, killed and brought back: real servers, real drivers. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from 'landbridge'
import { expect, onTestFinished, test } from 'vitest'
import { sessionCookie, webAnswer, webRequest } from './client.ts'
import { makeSessions } from './launch.ts'
import { expectAtOnce } from './remote.ts'
import type { Server } from './servers/process.ts'

/** How long the drivers of these tests may take to connect. */
export const CONNECT_MS = 500

export interface Outage {
  /** Why the server cannot be had here; `null` where it can. */
  readonly missing: string | null
  start(): Promise<Server>
  open(url: string): Promise<Store>
}

export function failsFastAndComesBack({ missing, start, open }: Outage): void {
  test.for(['paused', 'killed'] as const)(
    'a server that is %s is a 503 within a second, then at once, until a second after its return',
    async (fault, ctx) => {
      ctx.skip(missing !== null, missing ?? '')
      const server = await start()
      onTestFinished(() => server.stop())
      ctx.skip(!server.own, 'the server is shared')
      const { sessions, events } = makeSessions(await open(server.url))
      const ask = async (cookie?: string) => {
        const began = performance.now()
        const response = await sessions.handle(webRequest('/', { cookie }), async (session) => {
          if (cookie === undefined) await session.signIn({ id: 'ada' })
          return new Response((await session.account())?.id ?? 'nobody')
        })
        return { response, status: response.status, ms: performance.now() - began }
      }
      const cookie = sessionCookie(webAnswer((await ask()).response))!
      expect((await ask(cookie)).status).toBe(200)

      await (fault === 'paused' ? server.pause() : server.kill())
      const first = await ask(cookie)
      expect(first.status).toBe(503)
      expect(first.ms).toBeLessThan(1000)
      const times: number[] = []
      for (const until = performance.now() + 1200; performance.now() < until; await pause(20)) {
        const { status, ms } = await ask(cookie)
        expect(status).toBe(503)
        times.push(ms)
      }
      expectAtOnce(times)
      await (fault === 'paused' ? server.resume() : server.restart())
      await expect.poll(async () => (await ask(cookie)).status, { timeout: 1000, interval: 10 }).toBe(200)
      const turns = events.map(({ type }) => type).filter((type) => type === 'store.down' || type === 'store.back')
      expect(turns).toEqual(['store.down', 'store.back'])
    },
  )
}
