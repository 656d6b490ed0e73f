/**
 * Reads the beginning of a body and leaves the whole body there for the application, byte for byte.
 *
 * A body that was read before, or is being read, is not touched. One that is too slow counts as broken off, so that nobody
 * can make requests wait for ever; what is kept of each in memory is bounded by the limit and one chunk.
 */
import type { Readable } from 'node:stream'

/** `whole`: the body ends with the bytes. `'broken'`: it broke off, or did not come in time. */
export type Peeked = { readonly bytes: Uint8Array; readonly whole: boolean } | 'broken'

/** How long a client may take for the beginning of a form, in milliseconds. */
const PEEK_MS = 10_000

/** What requests of `node:http` and `node:http2` say of their end, besides what every stream does. */
type Incoming = Readable & { readonly complete?: boolean; readonly aborted?: boolean; readonly stream?: Readable }

/** Whether nobody has read from the stream, or is about to. */
export function isUnread(stream: Readable): boolean {
  if (typeof stream.read !== 'function' || typeof stream.unshift !== 'function') return false
  // A listener that was paused would be given what is read here, and be given it again when that is put back.
  if (stream.listenerCount('data') > 0 || stream.listenerCount('readable') > 0) return false
  return !stream.readableDidRead && stream.readableFlowing !== true && stream.readableEncoding === null && stream.readable
}

/**
 * `length`: of the body, as the request says; `null` where it does not. What is read goes back before the stream emits `end`: a stream
 * that is empty at its end would emit it, and take nothing back.
 */
export function peekStream(stream: Incoming, limit: number, length: number | null): Promise<Peeked> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let read = 0
    const settle = (whole: boolean | null): void => {
      clearTimeout(timer)
      stream.off('readable', take).off('end', end).off('error', fail).off('close', fail)
      if (whole === null) return resolve('broken')
      const bytes = Buffer.concat(chunks)
      if (read > 0) putBack(stream, bytes)
      resolve({ bytes: bytes.subarray(0, limit), whole })
    }
    const fail = (): void => settle(null)
    const take = (): void => {
      for (let chunk: Uint8Array | null; read <= limit && (chunk = stream.read() as Uint8Array | null) !== null;) {
        chunks.push(chunk)
        read += chunk.length
      }
      if (stream.aborted === true) settle(null)
      else if (read > limit) settle(false)
      else if (read > 0 && (read === length || stream.complete === true || stream.stream?.readableEnded === true)) settle(true)
    }
    // With bytes read it is a stream that does not say beforehand that it is at its end, and it takes nothing back now.
    const end = (): void => settle(read === 0 ? true : null)
    const timer = setTimeout(fail, PEEK_MS)
    stream.on('readable', take).on('end', end).on('error', fail).on('close', fail)
  })
}

/**
 * What wraps a stream of Node into a Web-standard one, as `@hono/node-server` and `new Response(request)` do, refuses one that was read
 * from, by `readableDidRead`. That is this flag, and it is true again from the next read on.
 */
function putBack(stream: Readable & { readonly _readableState?: { dataEmitted: boolean } }, bytes: Uint8Array): void {
  stream.unshift(bytes)
  // Not by an assignment, which could throw in a Node to come, in a listener: there, only those two would refuse the stream.
  if (stream._readableState) Reflect.set(stream._readableState, 'dataEmitted', false)
}

/** The body of a Web-standard request; `null` when it was read before or is being read. */
export function peekRequest(request: Request, limit: number): Promise<Peeked> | null {
  if (request.bodyUsed || request.body?.locked) return null
  if (request.body === null) return Promise.resolve({ bytes: new Uint8Array(), whole: true })
  const reader = request.clone().body!.getReader() as ReadableStreamDefaultReader<Uint8Array>
  return peekReader(reader, limit)
}

async function peekReader(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Peeked> {
  const chunks: Uint8Array[] = []
  let read = 0
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, PEEK_MS, null)
  })
  try {
    while (read <= limit) {
      const next = await Promise.race([reader.read(), late])
      if (next === null) return 'broken'
      if (next.done) return { bytes: Buffer.concat(chunks), whole: true }
      chunks.push(next.value)
      read += next.value.length
    }
    return { bytes: Buffer.concat(chunks).subarray(0, limit), whole: false }
  } catch {
    return 'broken'
  } finally {
    clearTimeout(timer)
    // It ends when the application lets go of its own half as well, which is not ours to wait for.
    reader.cancel().catch(() => undefined)
  }
}
