import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SERVER, startPlayground } from './playground-server.ts'

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

test('A session file of an older version ends the start with a sentence that says what to delete', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-playground-'))
  const file = join(folder, 'sessions.db')
  const old = new DatabaseSync(file)
  old.exec('CREATE TABLE session (id TEXT PRIMARY KEY); PRAGMA user_version = 1')
  old.close()
  const child = spawn(process.execPath, [SERVER], { env: { ...process.env, PORT: '0', LANDBRIDGE_PLAYGROUND_DB: file }, stdio: 'pipe' })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'close')
  rmSync(folder, { recursive: true, force: true })
  expect(code).toBe(1)
  expect(said).toContain(`rm ${JSON.stringify(file)}*`)
  expect(said).not.toContain('    at ')
})
