/**
 * Starts the playground. PORT: where it listens (default 4000, 0 for any free port). LANDBRIDGE_PLAYGROUND_DB: the file of the
 * sessions; keys and certificates are kept beside it. --https: over TLS. It listens on this machine only.
 */
import { mkdirSync } from 'node:fs'
import { createServer as createPlain } from 'node:http'
import { createServer as createEncrypted } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LandbridgeError } from 'landbridge'
import type { Playground } from './app.ts'
import { createPlayground } from './app.ts'
import type { Tls } from './tls.ts'
import { certificateIn } from './tls.ts'
import { welcome } from './welcome.ts'

const DEFAULT_PORT = 4000
/** A new name with each change of what is stored: a file of an older playground is left alone. */
const FILE = fileURLToPath(new URL('../data/sessions-2.db', import.meta.url))

const https = wantsHttps()
const port = readPort(process.env['PORT'])
const file = process.env['LANDBRIDGE_PLAYGROUND_DB'] ? resolve(process.env['LANDBRIDGE_PLAYGROUND_DB']) : FILE
mkdirSync(dirname(file), { recursive: true })
const tls = https ? certificate(dirname(file)) : null
const playground = open(file, tls)

const server = tls === null ? createPlain(playground.app) : createEncrypted({ key: tls.key, cert: tls.cert }, playground.app)
server.once('error', (error) => void explainAndStop(error))
server.listen(port, '127.0.0.1', () => {
  const kept = relative(process.cwd(), file) || file
  console.log(
    welcome({ scheme: tls === null ? 'http' : 'https', port: `:${(server.address() as AddressInfo).port}` }, kept, tls?.caFile ?? null),
  )
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

function stop(): void {
  server.close(() => void playground.close())
  server.closeAllConnections() // the event streams would stay open for ever
}

function open(path: string, certified: Tls | null): Playground {
  try {
    return createPlayground(path, certified)
  } catch (error) {
    if (!(error instanceof LandbridgeError)) throw error
    const remedy = `If an older version wrote the file, delete it; the playground makes a new one:\n\n  rm ${JSON.stringify(path)}*\n`
    return fail(`${error.message}\n${error.hint}${error.code === 'ERR_STORE_UNAVAILABLE' ? `\n${remedy}` : ''}`)
  }
}

function certificate(folder: string): Tls {
  try {
    return certificateIn(folder)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function wantsHttps(): boolean {
  try {
    return parseArgs({ options: { https: { type: 'boolean' } } }).values.https === true
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\nThe playground knows one option: npm start -- --https`)
  }
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  return fail(`PORT is "${text}", which is not a port. Write a number from 1 to 65535, such as PORT=${DEFAULT_PORT}.`)
}

async function explainAndStop(error: NodeJS.ErrnoException): Promise<void> {
  await playground.close()
  const again = https ? 'npm start -- --https' : 'npm start'
  if (error.code === 'EADDRINUSE') {
    fail(`Port ${port} is taken by another program. Stop that one, or choose another port:\n\n  PORT=${port + 1} ${again}\n`)
  }
  if (error.code === 'EACCES') {
    fail(`Port ${port} needs more rights than you have. Choose one above 1023:\n\n  PORT=${DEFAULT_PORT} ${again}\n`)
  }
  fail(`The playground cannot listen on port ${port}: ${error.message}`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
