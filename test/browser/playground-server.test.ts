import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startPlayground } from './playground-server.ts'

test('The playground stops when it is told to, although browsers left in the middle of asking for events', async () => {
  const server = await startPlayground()
  const leave = async (): Promise<void> => {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET /events HTTP/1.1\r\nHost: elmer.acme.localhost\r\n\r\n', () => socket.destroy())
    await once(socket, 'close')
  }
  await Promise.all(Array.from({ length: 50 }, leave))
  await expect(server.stop()).resolves.toBeUndefined()
})
