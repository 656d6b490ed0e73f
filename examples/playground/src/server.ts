/**
 * Starts the playground. PORT: where it listens (default 4000, 0 for any free port). LANDBRIDGE_PLAYGROUND_DB: the file of the
 * sessions. It listens on this machine only.
 */
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LandbridgeError } from 'landbridge'
import { createPlayground } from './app.ts'
import { EventLog } from './log.ts'
import { welcome } from './welcome.ts'

const DEFAULT_PORT = 4000

const port = readPort(process.env['PORT'])
const file = process.env['LANDBRIDGE_PLAYGROUND_DB'] || defaultFile()
const playground = open(file)

const server = playground.app.listen(port, '127.0.0.1', (error?: Error) => {
  if (error) void explainAndStop(error)
  else console.log(welcome((server.address() as AddressInfo).port, relative(process.cwd(), file) || file))
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

function stop(): void {
  server.close(() => void playground.close())
  server.closeAllConnections() // the event streams would stay open for ever
}

function open(path: string) {
  try {
    return createPlayground(path, new EventLog())
  } catch (error) {
    if (error instanceof LandbridgeError) fail(`${error.message}\n${error.hint}`)
    throw error
  }
}

function defaultFile(): string {
  const folder = fileURLToPath(new URL('../data', import.meta.url))
  mkdirSync(folder, { recursive: true })
  return `${folder}/sessions.db`
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  return fail(`PORT is "${text}", which is not a port. Write a number from 1 to 65535, such as PORT=${DEFAULT_PORT}.`)
}

async function explainAndStop(error: NodeJS.ErrnoException): Promise<void> {
  await playground.close()
  if (error.code === 'EADDRINUSE') {
    fail(`Port ${port} is taken by another program. Stop that one, or choose another port:\n\n  PORT=${port + 1} npm start\n`)
  }
  if (error.code === 'EACCES')
    fail(`Port ${port} needs more rights than you have. Choose one above 1023:\n\n  PORT=${DEFAULT_PORT} npm start\n`)
  fail(`The playground cannot listen on port ${port}: ${error.message}`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
