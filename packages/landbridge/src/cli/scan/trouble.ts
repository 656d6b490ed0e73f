/** What keeps a scan from finding out. */

/** One host could not be asked. The message goes on from its name: "refused the connection". */
export class Unreachable extends Error {}

/** The whole scan ends here: a limit was reached, or somebody stopped it. The message is a sentence. */
export class Stopped extends Error {}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection before its answer was complete',
  EPIPE: 'closed the connection before its answer was complete',
  ENOTFOUND: 'has a name that does not resolve',
  EAI_AGAIN: 'has a name that could not be resolved: the resolver did not answer',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
  ETIMEDOUT: 'did not take the connection in time',
  HPE_HEADER_OVERFLOW: 'answers with more headers than are read',
  CERT_HAS_EXPIRED: 'has a TLS certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a TLS certificate for other names',
}

const UNTRUSTED = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_.*)$/

/** What to say of an error of Node's. Its own message is left out: it may quote what was sent. */
export function sentenceOf(error: unknown): string {
  const code = codeOf(error)
  const known = SENTENCES[code]
  if (known !== undefined) return known
  if (UNTRUSTED.test(code)) {
    return `has a TLS certificate that is not trusted here (${code}); NODE_EXTRA_CA_CERTS names a file with further authorities`
  }
  if (code.startsWith('HPE_')) return `answers with something that is not HTTP (${code})`
  if (code === 'EPROTO' || /^ERR_(?:SSL|TLS)/.test(code)) return `did not agree on TLS (${code})`
  return `could not be asked (${code || (error as Error).name})`
}

/** Where several addresses were tried, the first error speaks for all. */
function codeOf(error: unknown): string {
  const { code, errors } = error as NodeJS.ErrnoException & { errors?: readonly unknown[] }
  return errors?.[0] === undefined ? (code ?? '') : codeOf(errors[0])
}

/** What kind of error it is and where it was thrown, without its message. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw something that is no error'
  const { name, code, stack } = error as NodeJS.ErrnoException
  const [, line] = /file:\/\/[^\s)]*?(:\d+):\d+\)?$/m.exec(String(stack)) ?? []
  const words = [name, code].filter((word) => typeof word === 'string' && /^\w{1,40}$/.test(word))
  return `${words.join(' ') || 'Error'}${line === undefined ? '' : ` in line ${line.slice(1)}`}`
}

/** Whether a status says nothing of who asks: the host is in trouble, or is asked too often. */
export const isTrouble = (status: number): boolean => status >= 500 || status === 429
