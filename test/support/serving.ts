import type http from 'node:http'
import type { Sessions } from 'landbridge'
import { expect, onTestFinished } from 'vitest'
import { listening } from './adapters.ts'
import type { Data } from './adapters.ts'
import { makeSessions } from './launch.ts'
import { Watched } from './stores.ts'

/** A cookie of ours among those of an application. */
export const OURS: unknown = expect.stringMatching(/^__Host-sid=/)

/** Sessions over a store that can be made to fail. */
export function setUp(): { sessions: Sessions<Data>; watched: Watched } {
  const watched = new Watched()
  return { ...makeSessions(watched.store), watched }
}

/** A server that listens until the test ends. */
export async function serving(server: http.Server) {
  const running = await listening(server)
  onTestFinished(() => running.close())
  return running
}
