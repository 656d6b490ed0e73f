import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const SERVER: string = fileURLToPath(new URL('../../examples/playground/src/server.ts', import.meta.url))

const STOP_MS = 10_000

export interface PlaygroundOptions {
  readonly https?: boolean
}

export interface PlaygroundServer {
  readonly port: number
  /** Over https, what a browser has to be told to take the certificate: the SHA-256 of its public key. */
  readonly trusted: string | null
  /** Where sessions, keys and certificates are kept. */
  readonly folder: string
  /** The address of a host's page, `localhost` for the index. */
  url(host: string, path?: string): string
  /** Ends it as Ctrl+C does; throws when that does not end it. */
  stop(): Promise<void>
}

/** The playground as `npm start` runs it: a process of its own, on a free port, with a database of its own. */
export async function startPlayground({ https = false }: PlaygroundOptions = {}): Promise<PlaygroundServer> {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-playground-'))
  const env = { ...process.env, PORT: '0', LANDBRIDGE_PLAYGROUND_DB: join(folder, 'sessions.db'), NO_COLOR: '1' }
  const child = spawn(process.execPath, [SERVER, ...(https ? ['--https'] : [])], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const port = await Promise.race([
    portIn(child.stdout),
    exited.then(([code]) => Promise.reject(new Error(`The playground ended: ${code}`))),
  ])
  return {
    port: Number(port),
    trusted: https ? publicKeyHash(join(folder, 'tls', 'server.pem')) : null,
    folder,
    url: (host, path = '/') => `${https ? 'https' : 'http'}://${host}:${port}${path}`,
    async stop() {
      const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      child.kill('SIGTERM')
      const [, signal] = (await exited) as [number | null, string | null]
      clearTimeout(tooLate)
      rmSync(folder, { recursive: true, force: true })
      if (signal === 'SIGKILL') throw new Error(`The playground was still running ${STOP_MS} ms after SIGTERM.`)
    },
  }
}

async function portIn(output: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += chunk.toString()
    const port = /https?:\/\/localhost:(\d+)/.exec(text)?.[1]
    if (port) return port
  }
  throw new Error(`The playground printed no address:\n${text}`)
}

function publicKeyHash(file: string): string {
  const key = new X509Certificate(readFileSync(file)).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
