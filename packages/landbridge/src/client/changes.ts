/** Notices that somebody signed in, out or switched: in another tab, on another host, or while the page was put away. */
import type { Accounts } from './accounts.ts'
import { accounts } from './accounts.ts'
import type { Said } from './settings.ts'
import { CHANNEL, readHint, settings } from './settings.ts'

export type ChangeListener = (now: Accounts) => void

const listeners = new Set<ChangeListener>()
let watching: AbortController | undefined
let channel: BroadcastChannel | undefined
let checking: Promise<void> = Promise.resolve()
let hint: string | undefined
let known: string | undefined

/**
 * Calls the listener when another account is signed in, or nobody any more, or the hint says that it is worth to `connect()`. Looks when
 * another tab of this host did something, when the page comes back from the back/forward cache, and when it becomes visible. Returns the
 * function that ends it.
 */
export function onChange(listener: ChangeListener): () => void {
  const entry: ChangeListener = (now) => listener(now)
  listeners.add(entry)
  if (!watching) watch()
  return () => {
    listeners.delete(entry)
    if (listeners.size === 0) unwatch()
  }
}

function watch(): void {
  watching = new AbortController()
  const { signal } = watching
  hint = readHint()
  known = undefined
  hear()
  check()
  // An open channel can keep a page out of the back/forward cache.
  addEventListener('pagehide', deafen, { signal })
  addEventListener(
    'pageshow',
    ({ persisted }) => {
      hear()
      if (persisted) check()
    },
    { signal },
  )
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && check(), { signal })
}

function unwatch(): void {
  watching?.abort()
  watching = undefined
  deafen()
}

function hear(): void {
  channel ??= new BroadcastChannel(CHANNEL)
  channel.onmessage = ({ data }: MessageEvent<Said>) => /^(?:changed|acted)$/.test(data.now) && check()
}

function deafen(): void {
  channel?.close()
  channel = undefined
}

/** One at a time, so that an older answer never comes after a newer one. A host that cannot be reached says nothing. */
function check(): void {
  checking = checking.then(compare).catch(() => undefined)
}

async function compare(): Promise<void> {
  // Read first: a notice of a new hint must not come with the accounts from before.
  const hintNow = readHint()
  const now = await accounts()
  const text = JSON.stringify(now)
  // The first look has only what the page says of itself to compare with.
  const other = known === undefined ? settings.accountTag !== undefined && settings.accountTag !== now.tag : known !== text
  const changed = other || hint !== hintNow
  hint = hintNow
  known = text
  if (changed) for (const listener of listeners) listener(now)
}
