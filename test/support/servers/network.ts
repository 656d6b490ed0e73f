import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends a line to a server with a text protocol; its reply's first chunk. */
export async function ask(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(`${line}\r\n`)
    const [reply] = (await once(socket, 'data', { signal: AbortSignal.timeout(2000) })) as [Buffer]
    return String(reply)
  } finally {
    socket.destroy()
  }
}

/**
 * A port on which nothing listens, below those that the system gives to connections: it has to be free when its server comes back, too.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const socket = connect(port, '127.0.0.1')
    const taken = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (!taken) return port
  }
}
