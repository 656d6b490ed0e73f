/**
 * Finds the values of one field in the bytes of a form. Strict, because refusing costs little: forms that browsers write are read, and
 * whatever is odd about one makes it malformed. Linear in the bytes, and it never throws.
 */

export type FormKind = { readonly kind: 'urlencoded' } | { readonly kind: 'multipart'; readonly boundary: string }

/** Values in the order of the form; a field that the end of the bytes cuts through is not among them. `null`: malformed. */
export type FieldValues = readonly string[] | null

/** RFC 2046 section 5.1.1: 1 to 70 characters, of which the last one is no space. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/

/** What kind of form a `Content-Type` names; `null` for no form, and for a multipart one without exactly one good boundary. */
export function formKind(contentType: string): FormKind | null {
  if (contentType.length > 300) return null
  const [, essence, parameters] = /^\s*([^\s;,]+)[ \t]*(|;.*)$/s.exec(contentType) ?? []
  if (/^application\/x-www-form-urlencoded$/i.test(essence ?? '')) return { kind: 'urlencoded' }
  if (!/^multipart\/form-data$/i.test(essence ?? '')) return null
  const boundary = attributesOf(parameters!)?.get('boundary') ?? ''
  return BOUNDARY.test(boundary) ? { kind: 'multipart', boundary } : null
}

/** `whole` says that the form ends with the bytes; otherwise they are its beginning. */
export function fieldValues(form: FormKind, bytes: Uint8Array, whole: boolean, name: string): FieldValues {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (form.kind === 'multipart') return multipartValues(buffer, `--${form.boundary}`, whole, name)
  // Cut off anywhere, it could be cut within the value.
  return whole ? new URLSearchParams(buffer.toString('utf8')).getAll(name) : []
}

/** The head of one part; browsers write about 150 bytes, and more where a file has a long name. */
const HEAD_LIMIT = 4096

function multipartValues(buffer: Buffer, dashes: string, whole: boolean, name: string): FieldValues {
  const values: string[] = []
  const unfinished = whole ? null : values
  if (buffer.length < dashes.length) return unfinished
  if (!starts(buffer, 0, dashes)) return null
  let at = dashes.length
  for (;;) {
    // At the end of a delimiter: two dashes after the last part, a line break before the next one.
    if (at + 2 > buffer.length) return unfinished
    if (starts(buffer, at, '--')) return values
    if (!starts(buffer, at, '\r\n')) return null
    const head = at + 2
    const headEnd = buffer.indexOf('\r\n\r\n', head - 2)
    if ((headEnd < 0 ? buffer.length : headEnd) - head > HEAD_LIMIT) return null
    if (headEnd < 0) return unfinished
    const field = fieldName(buffer.toString('utf8', head, headEnd))
    if (field === null) return null
    const content = headEnd + 4
    const end = buffer.indexOf(`\r\n${dashes}`, content - 2)
    if (end < 0) return unfinished
    if (field === name) values.push(buffer.toString('utf8', content, Math.max(content, end)))
    at = end + 2 + dashes.length
  }
}

const starts = (buffer: Buffer, at: number, text: string): boolean => buffer.toString('latin1', at, at + text.length) === text

const HEADER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:/
const DISPOSITION = /^content-disposition:[ \t]*form-data[ \t]*(;.*)$/i

/** The name of the field that a part holds, empty for a file; `null` when the head is no list of plain headers. */
function fieldName(head: string): string | null {
  const lines = head.split('\r\n')
  // No folded lines, no lone line breaks, no control characters: what two parsers could read in two ways is read in none.
  if (lines.some((line) => !HEADER.test(line) || CONTROL.test(line))) return null
  const dispositions = lines.filter((line) => /^content-disposition:/i.test(line))
  const written = dispositions.length === 1 ? DISPOSITION.exec(dispositions[0]!)?.[1] : undefined
  const attributes = written === undefined ? null : attributesOf(written)
  if (!attributes?.has('name')) return null
  return attributes.has('filename') || attributes.has('filename*') ? '' : attributes.get('name')!
}

// oxlint-disable-next-line no-control-regex -- to find them is the point
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/

const ATTRIBUTE = /;[ \t]*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))[ \t]*/gy

/** What follows the value of a header; `null` where anything else stands between, or a name comes twice. Backslashes stay as they are. */
function attributesOf(text: string): Map<string, string> | null {
  const found = new Map<string, string>()
  let end = 0
  for (const match of text.matchAll(ATTRIBUTE)) {
    const name = match[1]!.toLowerCase()
    if (found.has(name)) return null
    found.set(name, match[2] ?? match[3]!)
    end = match.index + match[0].length
  }
  return end === text.length ? found : null
}
