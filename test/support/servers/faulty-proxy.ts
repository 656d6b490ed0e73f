/** A TCP proxy that fails on request. Each fault holds for open and for new connections until `heal`, but for `cut`, which is a moment. */
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

export interface FaultyProxy {
  readonly port: number
  /** What the server answers arrives this much later. */
  delay(milliseconds: number): void
  /** Nothing passes any more, in neither direction; connections stay open, new ones are accepted. */
  hang(): void
  /** Drops all connections now; new ones are served. */
  cut(): void
  /** Lets this many more bytes of answers pass on each connection, then drops it. */
  cutMidReply(afterBytes: number): void
  /** Drops all connections, and nothing listens any more. */
  refuse(): Promise<void>
  heal(): Promise<void>
  stop(): Promise<void>
}

interface Behaviour {
  readonly delayMs: number
  readonly hanging: boolean
  readonly replyBytes: number
}

const HEALTHY: Behaviour = { delayMs: 0, hanging: false, replyBytes: Infinity }

export async function startFaultyProxy(target: number): Promise<FaultyProxy> {
  const pairs = new Set<Pair>()
  let behaviour = HEALTHY
  const behave = (change: Partial<Behaviour>): void => {
    behaviour = { ...behaviour, ...change }
    for (const pair of pairs) pair.behave(change)
  }
  const cut = (): void => {
    for (const pair of pairs) pair.drop()
  }
  const server = createServer((client) => {
    const pair = new Pair(client, target, behaviour, () => pairs.delete(pair))
    pairs.add(pair)
  })
  const port = await listen(server, 0)
  const refuse = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : null
    server.close()
    cut()
    await closed
  }
  return {
    port,
    delay: (delayMs) => behave({ delayMs }),
    hang: () => behave({ hanging: true }),
    cut,
    cutMidReply: (replyBytes) => behave({ replyBytes }),
    refuse,
    async heal() {
      behave(HEALTHY)
      if (!server.listening) await listen(server, port)
    },
    stop: refuse,
  }
}

/** A connection of a client and its connection to the server. */
class Pair {
  readonly #client: Socket
  readonly #upstream: Socket
  #behaviour: Behaviour
  #left: number
  /** What waits for its time or for `heal`, in order. */
  #held: { readonly to: Socket; readonly chunk: Buffer; readonly dueAt: number }[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(client: Socket, target: number, behaviour: Behaviour, closed: () => void) {
    this.#client = client
    this.#upstream = connect(target, '127.0.0.1')
    this.#behaviour = behaviour
    this.#left = behaviour.replyBytes
    client.on('data', (chunk: Buffer) => this.#pass(this.#upstream, chunk, 0))
    this.#upstream.on('data', (chunk: Buffer) => this.#pass(this.#client, chunk, this.#behaviour.delayMs))
    for (const socket of [client, this.#upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.drop())
      socket.on('end', () => this.drop())
      socket.on('close', () => {
        this.drop()
        closed()
      })
    }
  }

  behave(change: Partial<Behaviour>): void {
    this.#behaviour = { ...this.#behaviour, ...change }
    this.#left = change.replyBytes ?? this.#left
    this.#flush()
  }

  drop(): void {
    clearTimeout(this.#timer ?? undefined)
    this.#held = []
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #pass(to: Socket, chunk: Buffer, delayMs: number): void {
    const before = this.#held.findLast((each) => each.to === to)?.dueAt ?? 0 // nothing overtakes what came earlier
    this.#held.push({ to, chunk, dueAt: Math.max(before, Date.now() + delayMs) })
    this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer ?? undefined)
    if (this.#behaviour.hanging) return
    const now = Date.now()
    const due = this.#held.filter(({ dueAt }) => dueAt <= now || this.#behaviour.delayMs === 0)
    this.#held = this.#held.filter((each) => !due.includes(each))
    for (const { to, chunk } of due) this.#write(to, chunk)
    const next = Math.min(...this.#held.map(({ dueAt }) => dueAt))
    if (next !== Infinity) this.#timer = setTimeout(() => this.#flush(), next - now)
  }

  #write(to: Socket, chunk: Buffer): void {
    if (to === this.#upstream || chunk.length <= this.#left) {
      to.write(chunk)
      if (to === this.#client) this.#left -= chunk.length
      return
    }
    to.end(chunk.subarray(0, this.#left), () => this.drop())
    this.#left = 0
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
