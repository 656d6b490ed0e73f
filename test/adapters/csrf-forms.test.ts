/** A token in the field of a form: found on every server, and the body is still there for the application, byte for byte. */
import http from 'node:http'
import { nodeSessions } from 'landbridge/node'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inPieces, multipart, NOTE, urlencoded, URLENCODED, visited } from '../support/form-bodies.ts'
import type { Posted } from '../support/forms.ts'
import { digest, postTo, READERS } from '../support/forms.ts'
import { serving } from '../support/serving.ts'

describe.each(READERS)('$name', ({ gives, takes, start }) => {
  const expected = (posted: Posted) => ({ status: 200, text: digest(gives === 'note' ? NOTE : Buffer.concat(posted.pieces)) })

  test('gets an urlencoded form whole: at once, in pieces, chunked, and up to 64 kB', async () => {
    const { sessions, token, cookie } = await visited()
    const post = await start(sessions)
    const short = urlencoded(cookie, token)
    const long = urlencoded(cookie, token, 65_000)
    const longest = urlencoded(cookie, token, 65_000 + 65_536 - long.pieces[0]!.length)
    for (const form of [short, inPieces(short, 7), { ...inPieces(short, 1), chunked: true }, { ...short, chunked: true }]) {
      expect(await post(form)).toEqual(expected(form))
    }
    for (const form of [long, { ...inPieces(longest, 5000), chunked: true }, longest]) expect(await post(form)).toEqual(expected(form))
    expect((await post(urlencoded(cookie, 'x'.repeat(86)))).status).toBe(403)
  })

  // A framework that decodes texts, or takes no files.
  if (takes === 'urlencoded') return

  test('gets a multipart form whole, with a file of a megabyte behind the field, or a small one before it', async () => {
    const { sessions, token, cookie } = await visited()
    const post = await start(sessions)
    const sizes = [0, 100, 60_000, 65_536, 1_000_000]
    for (const form of sizes.map((size) => multipart(cookie, token, size))) {
      for (const sent of [form, { ...inPieces(form, 16_000), chunked: true }]) {
        if (gives !== 'note') expect(await post(sent)).toEqual(expected(sent))
        else expect((await post(sent)).text).toBe(digest(NOTE))
      }
    }
    const last = multipart(cookie, token, 50_000, 'last')
    expect(await post(last)).toEqual(expected(last))
  })
})

test('an urlencoded form of any values arrives byte for byte in pieces of any size', async () => {
  const { sessions, token, cookie } = await visited()
  const post = await READERS[0]!.start(sessions)
  const pairs = fc.array(
    fc.tuple(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '_csrf'),
      fc.string({ unit: 'binary' }),
    ),
  )
  await fc.assert(
    fc.asyncProperty(pairs, pairs, fc.integer({ min: 1, max: 200 }), fc.boolean(), async (before, after, size, chunked) => {
      const text = new URLSearchParams([...before, ['_csrf', token], ...after]).toString()
      const form = { headers: { cookie, 'content-type': URLENCODED }, pieces: [Buffer.from(text)] }
      expect(await post({ ...inPieces(form, size), chunked })).toEqual({ status: 200, text: digest(text) })
    }),
    { numRuns: 40 },
  )
})

test('a Node that would let the mark of a stream that was read stand gives the form whole all the same', async () => {
  const { sessions, token, cookie } = await visited()
  const listener = nodeSessions(sessions, async (request, response) => response.end(digest(Buffer.concat(await request.toArray()))))
  const server = http.createServer((request, response) => {
    const { _readableState: state } = request as unknown as { _readableState: object }
    Object.defineProperty(state, 'dataEmitted', { get: () => false })
    listener(request, response)
  })
  const { port } = await serving(server)
  const form = multipart(cookie, token, 100_000)
  expect(await postTo(port, form)).toEqual({ status: 200, text: digest(form.pieces[0]!) })
})

describe('where a parser before us has taken the body', () => {
  /** What a server answers when a parser before us left this as `request.body`. */
  const parsedAs = async (body: (token: string) => unknown): Promise<string> => {
    const { sessions, token, cookie } = await visited()
    const listener = nodeSessions(sessions, (_, response) => response.end('served'))
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => listener(Object.assign(request, { body: body(token) }), response))
    })
    const { port } = await serving(server)
    const { status, text } = await postTo(port, urlencoded(cookie, token))
    return status === 200 ? text : /\[([a-z-]+)\]/.exec(text)![1]!
  }

  test.each<[string, (token: string) => unknown, string]>([
    ['an object', (token) => ({ _csrf: token }), 'served'],
    ['an object without a prototype', (token) => Object.assign(Object.create(null) as object, { _csrf: token }), 'served'],
    ['equal values in a list', (token) => ({ _csrf: [token, token] }), 'served'],
    ['text', (token) => `a=b&_csrf=${token}`, 'served'],
    ['bytes', (token) => Buffer.from(`a=b&_csrf=${token}`), 'served'],
    ['different values in a list', (token) => ({ _csrf: [token, 'x'] }), 'csrf-token-invalid'],
    ['a list in a list', (token) => ({ _csrf: [[token]] }), 'csrf-token-invalid'],
    ['an object in the field', (token) => ({ _csrf: { toString: () => token } }), 'csrf-token-invalid'],
    ['nothing in the field', () => ({ _csrf: undefined }), 'csrf-token-invalid'],
    ['the field in the prototype', (token) => Object.create({ _csrf: token }) as object, 'origin-missing'],
    ['an empty list in the field', () => ({ _csrf: [] }), 'origin-missing'],
    ['an empty object', () => ({}), 'origin-missing'],
    ['a function', (token) => Object.assign(() => undefined, { _csrf: token }), 'origin-missing'],
    ['null', () => null, 'origin-missing'],
    ['nothing', () => undefined, 'origin-missing'],
  ])('and left %s', async (_, body, expected) => {
    expect(await parsedAs(body)).toBe(expected)
  })
})
