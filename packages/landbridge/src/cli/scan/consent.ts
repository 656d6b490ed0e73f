/** Asks before anything is sent that could change something. */
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import process from 'node:process'
import { UsageError } from '../command.ts'
import { hostsToSignIn } from './plan.ts'
import type { ScanPlan } from './plan.ts'
import { FOREIGN_ORIGIN, REQUESTS_OF_A_PROBE } from './probe.ts'
import { plain, shownAddress } from './show.ts'

/** What the plan would write, a line each; none for a scan that only reads. */
export function writesOf(plan: ScanPlan): string[] {
  const { login, probes } = plan
  const hosts = hostsToSignIn(plan)
  const signIn =
    hosts.length === 0 ? [] : [`run ${plain(login!, 200)} once for each of ${hosts.join(', ')}; it sends what it was written to send`]
  const writes = probes.map(({ method, url }) => {
    const origins = `from ${FOREIGN_ORIGIN}, from the origin null, without an origin, from its own origin, and from its own without cookies`
    return `send ${method} ${shownAddress(url)} ${REQUESTS_OF_A_PROBE} times with an empty form: ${origins}; the first four carry the session`
  })
  return [...signIn, ...writes]
}

/** Whether to go on. Without a terminal there is nobody to ask: then only `--yes` will do. */
export async function isAllowed(writes: readonly string[], isYes: boolean, stop: AbortSignal): Promise<boolean> {
  if (writes.length === 0 || isYes) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(`this scan would write, and there is no terminal to ask on. With --yes it would ${writes.join('; and ')}.`)
  }
  process.stderr.write(`This scan would\n${writes.map((line) => `  - ${line}\n`).join('')}`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // With its Ctrl-C as with any other: the question ends.
  terminal.on('SIGINT', () => process.emit('SIGINT'))
  // At the end of the input the question would stay open for ever.
  const closed = once(terminal, 'close').then(() => '')
  try {
    const answer = await Promise.race([terminal.question('Go on? [y/N] ', { signal: stop }), closed])
    return /^y(?:es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    terminal.close()
  }
}
