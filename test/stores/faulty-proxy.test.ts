/** The proxy that puts faults between a store and its server, in front of a server that answers each line with itself. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { FaultyProxy } from '../support/servers/faulty-proxy.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'

const SHORT_MS = 100

test('Healthy it passes everything on, in order', async () => {
  const { open } = await startEcho()
  const client = await open()
  const large = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join('')
  client.send(large)
  expect(await client.received(large.length)).toBe(large)
})

test('Delayed, each answer arrives later, and in order even when the delay shrinks', async () => {
  const { proxy, open } = await startEcho()
  const client = await open()
  proxy.delay(SHORT_MS)
  const sent = performance.now()
  client.send('one ')
  expect(await client.received(4)).toBe('one ')
  expect(performance.now() - sent).toBeGreaterThan(SHORT_MS * 0.9)

  proxy.delay(3 * SHORT_MS)
  client.send('two ')
  await pause(SHORT_MS / 2)
  proxy.delay(1)
  client.send('three')
  expect(await client.received(13)).toBe('one two three')
})

test('Hanging, it accepts connections and lets nothing pass; healed, it passes on what was held back', async () => {
  const { proxy, open } = await startEcho()
  const client = await open()
  proxy.hang()
  const late = await open()
  client.send('one')
  late.send('two')
  await pause(SHORT_MS)
  expect([client.text(), late.text(), client.isClosed(), late.isClosed()]).toEqual(['', '', false, false])
  await proxy.heal()
  expect(await client.received(3)).toBe('one')
  expect(await late.received(3)).toBe('two')
})

test('A cut drops every connection at once, and new ones are served', async () => {
  const { proxy, open } = await startEcho()
  const clients = [await open(), await open()]
  proxy.cut()
  await Promise.all(clients.map((client) => client.closed))
  const client = await open()
  client.send('one')
  expect(await client.received(3)).toBe('one')
})

test('A cut in the middle of a reply lets exactly so many bytes pass on each connection, and heals', async () => {
  const { proxy, open } = await startEcho()
  const old = await open()
  old.send('before')
  await old.received(6)
  proxy.cutMidReply(5)
  const clients = [old, await open()]
  for (const client of clients) client.send('abcdefgh')
  await Promise.all(clients.map((client) => client.closed))
  expect(clients.map((client) => client.text())).toEqual(['beforeabcde', 'abcde'])
  await proxy.heal()
  const client = await open()
  client.send('abcdefgh')
  expect(await client.received(8)).toBe('abcdefgh')
})

test('Refusing, it drops what is open and accepts nothing; healed, it listens on the same port', async () => {
  const { proxy, open } = await startEcho()
  const client = await open()
  await proxy.refuse()
  await client.closed
  await expect(open()).rejects.toThrow('ECONNREFUSED')
  await proxy.heal()
  const another = await open()
  another.send('one')
  expect(await another.received(3)).toBe('one')
  await proxy.stop()
  await another.closed
  await expect(open()).rejects.toThrow('ECONNREFUSED')
})

test('When nothing listens behind it, a connection is dropped', async () => {
  const { open, stopServer } = await startEcho()
  await stopServer()
  const client = await open()
  await client.closed
  expect(client.text()).toBe('')
})

async function startEcho(): Promise<{ proxy: FaultyProxy; open: () => Promise<Talking>; stopServer: () => Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startFaultyProxy((server.address() as AddressInfo).port)
  onTestFinished(() => proxy.stop())
  onTestFinished(() => void server.close())
  const open = async (): Promise<Talking> => {
    const socket = connect(proxy.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return new Talking(socket)
  }
  const stopServer = async (): Promise<void> => {
    server.close()
    await once(server, 'close')
  }
  return { proxy, open, stopServer }
}

class Talking {
  readonly closed: Promise<void>
  readonly #socket: Socket
  #text = ''

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => (this.#text += String(chunk)))
    socket.on('error', () => undefined)
    this.closed = once(socket, 'close').then(() => undefined)
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  text(): string {
    return this.#text
  }

  isClosed(): boolean {
    return this.#socket.closed
  }

  async received(length: number): Promise<string> {
    while (this.#text.length < length) {
      if (this.isClosed()) throw new Error(`closed after ${JSON.stringify(this.#text)}`)
      await once(this.#socket, 'data')
    }
    return this.#text
  }
}
