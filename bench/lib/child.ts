import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request, type IncomingHttpHeaders } from 'node:http'
import type { Question, Usage } from './announce.ts'
import { USER } from './content.ts'

export interface Server {
  name: string
  port: number
  cookie: string
  child: ChildProcess
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Starts a subject, signs in through it and checks that the session is really read. */
export async function start(name: string, execArgv: string[] = []): Promise<Server> {
  const child = spawn(new URL(`../subjects/${name}.ts`, import.meta.url), execArgv)
  try {
    const { port } = await ask<{ port: number }>(child)
    const server = { name, port, cookie: await signIn(name, port), child }
    await verify(server)
    return server
  } catch (fault) {
    await stop(child)
    throw fault
  }
}

/** CPU time of the server's process so far, in microseconds. */
export async function usage(server: Server): Promise<number> {
  return (await ask<Usage>(server.child, 'usage' satisfies Question)).cpu
}

export async function stop(child: ChildProcess, farewell?: Question): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  if (farewell === undefined) child.disconnect()
  else child.send(farewell)
  await exit
}

export function spawn(file: URL, execArgv: string[] = []): ChildProcess {
  const env = { ...process.env, NODE_ENV: 'production' }
  return fork(file, { execArgv, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

/** Sends a message, if there is one, and waits for the next one back; a child that ends instead is an error. */
export async function ask<T>(child: ChildProcess, message?: object | string): Promise<T> {
  let complaint = ''
  const listen = (chunk: Buffer): void => void (complaint += chunk.toString())
  child.stderr?.on('data', listen)
  const watch = new AbortController()
  const { signal } = watch
  const ended = once(child, 'close', { signal }).then(() => {
    throw new Error(`${child.spawnargs.at(-1)} ended\n${complaint}`)
  })
  ended.catch(() => {})
  try {
    const answer = once(child, 'message', { signal })
    answer.catch(() => {})
    if (message !== undefined) child.send(message)
    const [value] = await Promise.race([answer, ended])
    return value
  } finally {
    watch.abort()
    child.stderr?.off('data', listen).resume()
  }
}

async function signIn(name: string, port: number): Promise<string> {
  const answer = await send(port, 'POST', '/login', { origin: `http://localhost:${port}` })
  const cookies = (answer.headers['set-cookie'] ?? []).filter((line) => !/;\s*max-age=0\b/i.test(line)).map((line) => line.split(';', 1)[0])
  if (answer.status === 200 && cookies.length > 0) return cookies.join('; ')
  throw new Error(`${name}: POST /login answered ${answer.status} ${answer.body}`)
}

export async function verify(server: Server): Promise<void> {
  await expect(server, { cookie: server.cookie }, USER)
  // Whoever answers the user without a cookie has not read it from the session.
  if (!server.name.endsWith('-ceiling')) await expect(server, {}, null)
}

async function expect(server: Server, headers: Record<string, string>, user: string | null): Promise<void> {
  const answer = await send(server.port, 'GET', '/', headers)
  if (answer.body === JSON.stringify({ user })) return
  throw new Error(`${server.name}: expected the user ${user}, got ${answer.status} ${answer.body}`)
}

async function send(port: number, method: string, path: string, headers: Record<string, string>): Promise<Answer> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { host: `localhost:${port}`, ...headers },
    agent: false,
  })
  outgoing.end()
  const [response] = await once(outgoing, 'response')
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  return { status: response.statusCode, headers: response.headers, body }
}
