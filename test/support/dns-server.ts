/** A DNS server on the loopback that knows what a test tells it: over UDP, one question in each message, as resolvers ask. */
import type { RemoteInfo, Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/**
 * What a name is. `NXDOMAIN`: there is none · `NODATA`: there is, without any record · `SERVFAIL`, `REFUSED`: the server's own trouble ·
 * `SILENCE`: no answer ever · `GARBAGE`: bytes that are no answer · `STRANGER`: the answer to a question that nobody put · `TRUNCATED`: the
 * rest were to be had over TCP, where nobody listens. `cname` may hold any bytes but a dot in its labels.
 */
export type Zone =
  | 'NXDOMAIN'
  | 'NODATA'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'SILENCE'
  | 'GARBAGE'
  | 'STRANGER'
  | 'TRUNCATED'
  | { readonly cname?: string; readonly a?: string; readonly ns?: string }

export interface DnsServer {
  /** As resolvers name it. */
  readonly address: string
  /** What was asked, as `CNAME a.example.com`, in its order. */
  readonly questions: readonly string[]
  stop(): Promise<void>
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 28: 'AAAA' }
const CODES: Readonly<Record<string, number>> = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }
const HEADER = 12
const ANSWER = 0x8180
const IS_TRUNCATED = 0x0200

/** `otherwise` is what every name is that stands not in `names`. */
export async function startDns(names: Readonly<Record<string, Zone>>, otherwise: Zone = 'NXDOMAIN'): Promise<DnsServer> {
  const socket: Socket = createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (message: Buffer, { address, port }: RemoteInfo) => {
    const { name, type, end } = questionOf(message)
    questions.push(`${type} ${name}`)
    const reply = replyTo(message.subarray(0, end), type, names[name] ?? otherwise)
    if (reply !== null) socket.send(reply, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const stop = async (): Promise<void> => {
    socket.close()
    await once(socket, 'close')
  }
  return { address: `127.0.0.1:${socket.address().port}`, questions, stop }
}

function questionOf(message: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = []
  let at = HEADER
  while (message[at] !== 0) {
    const length = message[at]!
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[message.readUInt16BE(at + 1)] ?? 'other', end: at + 5 }
}

function replyTo(question: Buffer, type: string, zone: Zone): Buffer | null {
  if (zone === 'SILENCE') return null
  if (zone === 'GARBAGE') return Buffer.concat([question.subarray(0, 2), Buffer.from('this is no answer at all')])
  if (zone === 'STRANGER')
    return headed(question, 0, [record(type, { cname: 'a.stranger.example' })], (question.readUInt16BE(0) + 1) % 65_536)
  if (zone === 'TRUNCATED') return headed(question, IS_TRUNCATED, [])
  if (typeof zone === 'string') return headed(question, CODES[zone] ?? 0, [])
  const answer = record(type, zone)
  return headed(question, 0, answer === null ? [] : [answer])
}

function headed(question: Buffer, flags: number, answers: readonly (Buffer | null)[], id = question.readUInt16BE(0)): Buffer {
  const header = Buffer.alloc(HEADER)
  for (const [i, value] of [id, ANSWER | flags, 1, answers.length, 0, 0].entries()) header.writeUInt16BE(value, i * 2)
  return Buffer.concat([header, question.subarray(HEADER), ...answers.filter((each) => each !== null)])
}

/** The answer of a name to a question; an alias answers questions for addresses, too, and leaves the rest to who asks. */
function record(type: string, { cname, a, ns }: Exclude<Zone, string>): Buffer | null {
  if (cname !== undefined) return recordOf(5, wireName(cname))
  if (type === 'A' && a !== undefined) return recordOf(1, Buffer.from(a.split('.').map(Number)))
  if (type === 'NS' && ns !== undefined) return recordOf(2, wireName(ns))
  return null
}

function recordOf(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc0_00 | HEADER, 0) // the name of the question
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(60, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function wireName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'))
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])])
}
