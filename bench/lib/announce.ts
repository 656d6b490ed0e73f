import type { AddressInfo } from 'node:net'

/** The part of a listening server that is needed here. */
interface Listening {
  address(): AddressInfo | string | null
}

export type Question = 'usage' | 'stop'

export interface Usage {
  /** CPU time of the whole process, in microseconds. */
  cpu: number
}

/**
 * Tells whoever started this process where it listens, and answers its questions.
 * The CPU time is asked for from outside, so that nothing is added to a request.
 */
export function announce(server: Listening): void {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  console.log(`http://localhost:${port}`)
  if (process.send === undefined) return
  process.send({ port })
  process.on('message', (question: Question) => answer(question))
  process.on('disconnect', () => process.exit(0))
}

function answer(question: Question): void {
  if (question === 'stop') process.exit(0)
  const { user, system } = process.cpuUsage()
  const usage: Usage = { cpu: user + system }
  process.send?.(usage)
}
