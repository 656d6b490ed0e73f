/** Silent sign-in of this host: one question at a time, whatever the number of tabs. */
import { askByFrame } from './frame.ts'
import type { ClientOptions } from './settings.ts'
import { ACTED, CHANNEL, configure, LIMIT_MS, post, readHint, settings } from './settings.ts'

/** `changed`: somebody is signed in now · `here`: somebody was already · `nobody`: nobody, or it cannot be told. */
export type Presence = 'changed' | 'here' | 'nobody'

/** What the host answers to `begin`: where to ask, or that there is nothing to ask. */
export interface Begun {
  readonly rid: string
  readonly ask: string | null
  readonly here: boolean
}

let flight: Promise<Presence> | undefined

/**
 * Signs this host in if the browser is signed in at the hub, with no navigation, and resolves to whether that changed anything: then
 * load again what the page shows. Never throws for a visitor's reasons. Without the hint nothing is sent. Asks by fetch; where that is
 * blocked by a hidden frame, and after 5 seconds not at all. Tabs ask one at a time, and one that waited takes the other's answer.
 */
export async function connect(options: ClientOptions = {}): Promise<boolean> {
  configure(options)
  return (await arrive()) === 'changed'
}

export const arrive = (): Promise<Presence> =>
  (flight ??= inTurn()
    .catch(() => 'nobody' as const)
    .finally(() => {
      flight = undefined
    }))

async function inTurn(): Promise<Presence> {
  if (!settings.unhinted && readHint() === undefined) return 'nobody'
  const channel = new BroadcastChannel(CHANNEL)
  let heard: Presence | undefined
  channel.onmessage = ({ data }: MessageEvent<Presence | typeof ACTED>) => {
    heard = data === ACTED ? undefined : data
  }
  const takeTurn = async (): Promise<Presence> => {
    const found = heard ?? (await cross())
    // Heard meanwhile: another tab was first, and all tabs know.
    if (heard === undefined) channel.postMessage(found)
    return heard ?? found
  }
  try {
    // Without locks (plain http) the server still lets only one handle come of it.
    return await ('locks' in navigator ? navigator.locks.request(CHANNEL, takeTurn) : takeTurn())
  } finally {
    channel.close()
  }
}

async function cross(): Promise<Presence> {
  const { rid, ask, here } = await begin('fetch')
  if (!ask) return here ? 'here' : 'nobody'
  let answer: Response
  try {
    answer = await fetch(ask, { credentials: 'include', signal: AbortSignal.timeout(LIMIT_MS) })
  } catch {
    const again = await begin('web-message')
    return again.ask ? askByFrame(again.ask, again.rid) : 'nobody'
  }
  if (!answer.ok) return 'nobody'
  const { ticket } = (await answer.json()) as { ticket: string | null }
  const received = await post('in', { rid, ticket })
  if (!received.ok || ticket === null) return 'nobody'
  return ((await received.json()) as { changed: boolean }).changed ? 'changed' : 'here'
}

const begin = async (mode: string): Promise<Begun> => (await (await post('begin', { mode })).json()) as Begun
