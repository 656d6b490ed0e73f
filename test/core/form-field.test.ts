import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FormKind } from '../../packages/landbridge/src/core/form-field.ts'
import { fieldValues, formKind } from '../../packages/landbridge/src/core/form-field.ts'

const URLENCODED: FormKind = { kind: 'urlencoded' }
const values = (text: string, { form = URLENCODED, whole = true }: { form?: FormKind; whole?: boolean } = {}) =>
  fieldValues(form, Buffer.from(text, 'latin1'), whole, '_csrf')

describe('the kind of a form', () => {
  test.each([
    ['application/x-www-form-urlencoded', URLENCODED],
    ['Application/X-WWW-Form-Urlencoded ; charset=utf-8', URLENCODED],
    ['multipart/form-data; boundary=x', { kind: 'multipart', boundary: 'x' }],
    ['Multipart/Form-Data;charset=utf-8; Boundary="a b"', { kind: 'multipart', boundary: 'a b' }],
    [
      'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
      { kind: 'multipart', boundary: '----WebKitFormBoundary7MA4YWxkTrZu0gW' },
    ],
    ["multipart/form-data; boundary=0'()+_,-./:=?z ; charset=x", { kind: 'multipart', boundary: "0'()+_,-./:=?z" }],
    [`multipart/form-data; boundary=${'b'.repeat(70)}`, { kind: 'multipart', boundary: 'b'.repeat(70) }],
  ])('of %s', (contentType, kind) => {
    expect(formKind(contentType)).toEqual(kind)
  })

  test.each([
    '',
    ';',
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded, multipart/form-data; boundary=x',
    'application/x-www-form-urlencodedx',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="x',
    'multipart/form-data; boundary="a\\"b"',
    'multipart/form-data; boundary="ends with a space "',
    'multipart/form-data; boundary=x; boundary=x',
    'multipart/form-data; boundary=x, multipart/form-data; boundary=y',
    'multipart/form-data; xboundary=x',
    'multipart/form-data boundary=x',
    'multipart/form-data; boundary=x\u0000',
    'multipart/form-data; boundary=ü',
    'multipart/mixed; boundary=x',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
    `multipart/form-data; boundary=x;${' '.repeat(10_000)}`,
  ])('is none for %j', (contentType) => {
    expect(formKind(contentType)).toBeNull()
  })

  test('of any text is found without an exception, and a boundary is one that can be written', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `multipart/form-data${rest}`),
    )
    fc.assert(
      fc.property(text, (contentType) => {
        const kind = formKind(contentType)
        if (kind?.kind === 'multipart') expect(kind.boundary).toMatch(/^[ -~]{0,69}[!-~]$/)
      }),
    )
  })
})

describe('an urlencoded form', () => {
  test('has its field wherever it stands, however it is escaped, once for each time', () => {
    expect(values('a=b&_csrf=x%2By+z&c')).toEqual(['x+y z'])
    expect(values('%5Fcsrf=x&_csrf=y&_csrf')).toEqual(['x', 'y', ''])
    expect(values('csrf=x&_csrf2=y&a=_csrf=z&_CSRF=w')).toEqual([])
    expect(values('')).toEqual([])
    expect(values('\0&&&=&%&%zz&_csrf=%zz')).toEqual(['%zz'])
  })

  test('that is cut off has none: the cut could go through the value', () => {
    expect(values('_csrf=x&a', { whole: false })).toEqual([])
  })

  test('is read as URLSearchParams reads it', () => {
    const pair = fc.tuple(fc.constantFrom('_csrf', 'a', '_csrf ', ''), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const params = new URLSearchParams(pairs)
        expect(fieldValues(URLENCODED, Buffer.from(params.toString()), true, '_csrf')).toEqual(params.getAll('_csrf'))
      }),
    )
  })
})

const BOUNDARY = '----WebKitFormBoundaryAbC'
const MULTIPART: FormKind = { kind: 'multipart', boundary: BOUNDARY }
const field = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
const form = (...parts: string[]) => `${parts.map((part) => `--${BOUNDARY}\r\n${part}\r\n`).join('')}--${BOUNDARY}--\r\n`
const inForm = (text: string, whole = true) => values(text, { form: MULTIPART, whole })

describe('a multipart form', () => {
  test('has its field before, between and behind others, once for each time', () => {
    const file = `Content-Disposition: form-data; name="upload"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n_csrf=no\r\n--${BOUNDARY.slice(0, -1)}`
    expect(inForm(form(field('a', '1'), field('_csrf', 'token'), file))).toEqual(['token'])
    expect(inForm(form(file, field('_csrf', 'token')))).toEqual(['token'])
    expect(inForm(form(field('_csrf', 'x'), field('_csrf', 'y')))).toEqual(['x', 'y'])
    expect(inForm(form(field('_csrf', '')))).toEqual([''])
    expect(inForm(form(field('a', field('_csrf', 'inner'))))).toEqual([])
    expect(inForm(`--${BOUNDARY}--`)).toEqual([])
  })

  test.each([
    ['without quotes', 'Content-Disposition: form-data; name=_csrf'],
    ['in any case of the header', 'content-disposition:form-data;NAME="_csrf"'],
    ['with further headers', 'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="_csrf"\r\nX-A:'],
    ['with further parameters', 'Content-Disposition: form-data; size=3; name="_csrf" ; x="a\\"b;c"'],
  ])('has a field whose head is written %s', (_, head) => {
    expect(inForm(form(`${head}\r\n\r\ntoken`))).toEqual(['token'])
  })

  test.each([
    ['a file of that name', 'Content-Disposition: form-data; name="_csrf"; filename="x"'],
    ['a file without a name', 'Content-Disposition: form-data; name="_csrf"; filename=""'],
    ['a file with a name in another script', 'Content-Disposition: form-data; name="_csrf"; filename*=UTF-8\'\'x'],
    ['a field of another case', 'Content-Disposition: form-data; name="_CSRF"'],
    ['a field whose quoted name is spelt with a backslash', 'Content-Disposition: form-data; name="\\_csrf"'],
    ['a field whose name stands in a value', 'Content-Disposition: form-data; name="a; name=_csrf"'],
    ['a field whose name holds NUL in escapes', 'Content-Disposition: form-data; name="_csrf%00"'],
  ])('does not take %s for it', (_, head) => {
    expect(inForm(form(`${head}\r\n\r\ntoken`))).toEqual([])
  })

  test.each([
    ['without any head', '\r\ntoken'],
    ['whose head never ends', 'Content-Disposition: form-data; name="_csrf"'],
    ['with a folded header', 'Content-Disposition: form-data;\r\n name="_csrf"\r\n\r\ntoken'],
    ['with a header folded by a tab', 'Content-Disposition: form-data;\r\n\tname="_csrf"\r\n\r\ntoken'],
    ['with a lone line feed in its head', 'Content-Disposition: form-data; x="\n"; name="_csrf"\r\n\r\ntoken'],
    ['with a lone carriage return in its head', 'Content-Disposition: form-data; name="_csrf"\r\r\n\r\ntoken'],
    ['with NUL in its head', 'Content-Disposition: form-data; name="_csrf\0"\r\n\r\ntoken'],
    ['with a head that is no header', 'Content-Disposition form-data; name="_csrf"\r\n\r\ntoken'],
    ['with a space before the colon', 'Content-Disposition : form-data; name="_csrf"\r\n\r\ntoken'],
    ['with two dispositions', 'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\ntoken'],
    ['with two names', 'Content-Disposition: form-data; name="a"; name="_csrf"\r\n\r\ntoken'],
    ['without a name', 'Content-Disposition: form-data\r\n\r\ntoken'],
    ['with an extended name alone', "Content-Disposition: form-data; name*=UTF-8''_csrf\r\n\r\ntoken"],
    ['with another disposition', 'Content-Disposition: attachment; name="_csrf"\r\n\r\ntoken'],
    ['without a disposition', 'Content-Type: text/plain\r\n\r\ntoken'],
    ['with a name that is not closed', 'Content-Disposition: form-data; name="_csrf\r\n\r\ntoken'],
    ['with text behind the name', 'Content-Disposition: form-data; name="_csrf"x\r\n\r\ntoken'],
    ['with a huge head', `X: ${'x'.repeat(5000)}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\ntoken`],
  ])('with a part %s is malformed', (_, part) => {
    expect(inForm(form(part))).toBeNull()
    expect(inForm(form(field('_csrf', 'good'), part))).toBeNull()
  })

  test.each([
    ['has text before it', `preamble\r\n${form(field('_csrf', 'token'))}`],
    ['begins with another boundary', form(field('_csrf', 'token')).replace(BOUNDARY, 'other')],
    ['has lines ended by line feeds alone', form(field('_csrf', 'token')).replaceAll('\r', '')],
    ['goes on after a boundary', form(field('_csrf', 'token')).replace(`${BOUNDARY}--`, `${BOUNDARY}x--`)],
    ['has spaces after a boundary', form(field('_csrf', 'token')).replace(`${BOUNDARY}\r\n`, `${BOUNDARY} \r\n`)],
    ['lacks its last boundary', form(field('_csrf', 'token')).replace(`--${BOUNDARY}--\r\n`, '')],
    ['ends within its last boundary', form(field('_csrf', 'token')).slice(0, -4)],
    ['is empty', ''],
  ])('that %s is malformed', (_, text) => {
    expect(inForm(text)).toBeNull()
  })

  const WORDS = ['--', '\r\n', '\r\n\r\n', '\r', '\n', '\0', ' ', '"', ';', ':', '\\', 'é', 'token', field('_csrf', 'x')]
  const HEADS = [
    'Content-Disposition: form-data',
    '; name="_csrf"',
    '; name=',
    '; filename="f"',
    '; name*=utf-8',
    'Content-Type: text/plain',
  ]
  const PIECES = [`--${BOUNDARY}`, `\r\n--${BOUNDARY}`, ...WORDS, ...HEADS]
  const NAME = fc.constantFrom('_csrf', 'a', '_csrf2', '')
  const PARTS = fc.array(fc.tuple(NAME, fc.string({ unit: 'binary', maxLength: 40 })), { minLength: 1, maxLength: 6 })

  test('as FormData writes it has exactly the values that were put in', async () => {
    await fc.assert(
      fc.asyncProperty(PARTS, async (parts) => {
        const data = new FormData()
        for (const [name, value] of parts) data.append(name, value)
        data.append('upload', new File(['\r\n--x\r\n_csrf'], '_csrf'))
        const written = new Response(data)
        const kind = formKind(written.headers.get('content-type')!)!
        const expected = (await new Response(data).formData()).getAll('_csrf')
        expect(fieldValues(kind, await written.bytes(), true, '_csrf')).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('cut off anywhere has no value that the whole one has not, and none that is cut through', () => {
    fc.assert(
      fc.property(PARTS, fc.nat(), (parts, at) => {
        const text = Buffer.from(form(...parts.map(([name, value]) => field(name, value))))
        const cut = text.subarray(0, at % text.length)
        const found = fieldValues(MULTIPART, cut, false, '_csrf')
        const all = fieldValues(MULTIPART, text, true, '_csrf')!
        expect(all.slice(0, found?.length)).toEqual(found)
        // Without its end, what was sent as a whole is not one.
        if (cut.length < text.length - 4) expect(fieldValues(MULTIPART, cut, true, '_csrf')).toBeNull()
      }),
    )
  })

  test('made of hostile pieces makes nothing throw, and gives only texts that stand in it', () => {
    const piece = fc.constantFrom(...PIECES)
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, whole) => {
        const text = `--${BOUNDARY}\r\n${pieces.join('')}`
        for (const value of inForm(text, whole) ?? []) expect(Buffer.from(text, 'latin1').toString('utf8')).toContain(value)
      }),
      { numRuns: 2000 },
    )
  })

  test('of any bytes is read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, whole) => {
        const found = fieldValues({ kind: 'multipart', boundary: '-' }, bytes, whole, '_csrf')
        expect(found === null || Array.isArray(found)).toBe(true)
      }),
    )
  })

  test('of 64 kB of the worst kind is read in a few milliseconds', () => {
    const worst = [
      form(...Array.from({ length: 700 }, () => field('a', ''))),
      `--${BOUNDARY}\r\n${'Content-Disposition: form-data; name="a'.repeat(1700)}`,
      `--${BOUNDARY}\r\n${field('a', `\r\n--${BOUNDARY.slice(0, -1)}`.repeat(2400))}`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data${'; a=b '.repeat(600)}\r\n\r\n`,
      `--${BOUNDARY}\r\n${'\r\n'.repeat(32_000)}`,
      `--${BOUNDARY}\r\nContent-Disposition: form-data;${' '.repeat(4000)}x\r\n\r\n`,
    ]
    for (const text of worst) inForm(text)
    const start = performance.now()
    for (const text of worst) inForm(text)
    expect(performance.now() - start).toBeLessThan(200)
  })
})
