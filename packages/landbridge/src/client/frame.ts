/** The question in a hidden frame, for pages that may not fetch from the hub. */
import { LIMIT_MS } from './settings.ts'

/** Resolves when the frame, back on this host, says how it went; otherwise after 5 seconds. */
export function askByFrame(ask: string, rid: string): Promise<'changed' | 'nobody'> {
  return new Promise((resolve) => {
    const frame = document.createElement('iframe')
    const finish = (changed: boolean): void => {
      clearTimeout(timer)
      removeEventListener('message', listen)
      frame.remove()
      resolve(changed ? 'changed' : 'nobody')
    }
    // Anybody may post to a window: only this host, by this very frame, for this very question, is heard.
    const listen = ({ origin, source, data }: MessageEvent<{ type?: unknown; rid?: unknown; changed?: unknown } | null>): void => {
      if (origin !== location.origin || source !== frame.contentWindow) return
      if (data?.type === 'landbridge' && data.rid === rid) finish(data.changed === true)
    }
    const timer = setTimeout(finish, LIMIT_MS, false)
    frame.hidden = true
    frame.referrerPolicy = 'no-referrer'
    frame.src = ask
    // Nothing in the head is shown, whatever the page's style says of frames.
    document.head.append(frame)
    addEventListener('message', listen)
  })
}
