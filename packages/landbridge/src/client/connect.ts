/** Silent sign-in of this host: one question at a time, whatever the number of tabs. */
import { askByFrame } from './frame.ts'
import type { ClientOptions, Said } from './settings.ts'
import { CHANNEL, configure, LIMIT_MS, post, readHint, settings } from './settings.ts'

/** What the host answers to `begin`: where to ask, or that there is nothing to ask, and who is here. */
interface Begun {
  readonly rid: string
  readonly ask: string | null
  readonly here?: boolean
  readonly tag?: string
}

let flight: Promise<Said> | undefined

/**
 * Signs this host in if the browser is signed in at the hub, with no navigation, and resolves to whether that changed anything: then
 * load again what the page shows. That is also so where another tab was first, or where the page was made for somebody else than is
 * signed in (see `accountTag`). Never throws for a visitor's reasons. Without the hint nothing is sent. Asks by fetch; where that is
 * blocked by a hidden frame, for 5 seconds at most. Tabs ask one at a time, and one that waited takes the other's answer.
 */
export async function connect(options: ClientOptions = {}): Promise<boolean> {
  configure(options)
  const { now, tag } = await arrive()
  return now === 'changed' || (now === 'here' && tag !== (settings.accountTag ?? tag))
}

export const arrive = (): Promise<Said> =>
  (flight ??= inTurn()
    .catch(() => NOBODY)
    .finally(() => {
      flight = undefined
    }))

const NOBODY: Said = { now: 'nobody' }

async function inTurn(): Promise<Said> {
  if (!settings.unhinted && readHint() === undefined) return NOBODY
  const channel = new BroadcastChannel(CHANNEL)
  let heard: Said | undefined
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    heard = data.now === 'acted' ? undefined : data
  }
  const takeTurn = async (): Promise<Said> => {
    const found = heard ?? (await cross())
    // Heard meanwhile: another tab was first, and all tabs know.
    if (heard === undefined) channel.postMessage(found)
    return heard ?? found
  }
  try {
    // Without locks (plain http) tabs may ask side by side; still one handle comes of it.
    return await ('locks' in navigator ? navigator.locks.request(CHANNEL, takeTurn) : takeTurn())
  } finally {
    channel.close()
  }
}

async function cross(): Promise<Said> {
  const { rid, ask, here, tag } = await begin('fetch')
  if (!ask) return here ? { now: 'here', tag } : NOBODY
  let answer: Response
  try {
    answer = await fetch(ask, { credentials: 'include', signal: AbortSignal.timeout(LIMIT_MS) })
  } catch (error) {
    // A frame helps where fetch is forbidden, not where the hub is slow.
    if ((error as Error).name === 'TimeoutError') return NOBODY
    const again = await begin('web-message')
    return again.ask ? { now: await askByFrame(again.ask, again.rid) } : NOBODY
  }
  if (!answer.ok) return NOBODY
  const { ticket } = (await answer.json()) as { ticket: string | null }
  const received = await post('in', { rid, ticket })
  if (!received.ok || ticket === null) return NOBODY
  return { now: ((await received.json()) as { changed: boolean }).changed ? 'changed' : 'here' }
}

const begin = async (mode: string): Promise<Begun> => (await (await post('begin', { mode })).json()) as Begun
