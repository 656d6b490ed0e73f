/** What stands between the slashes and the last `@`: a password may hold any character, where somebody forgot to encode it. */
const CREDENTIALS = /^([a-z]+:\/\/)([^:@]*):?(.*)@/is

/** The URL as it may be shown: without its password, and without what comes after the path, which may hold another. */
export function shownUrl(url: string): string {
  const [credentials = '', scheme, user, password] = CREDENTIALS.exec(url) ?? []
  const rest = url.slice(credentials.length).replace(/[?#].*$/s, '')
  return credentials === '' ? rest : `${scheme}${user}${password === '' ? '' : ':***'}@${rest}`
}

/** A text of the driver's, in which the password might be quoted. */
export function withoutPassword(text: string, url: string): string {
  const password = CREDENTIALS.exec(url)?.[3] ?? ''
  return password === '' ? text : text.replaceAll(password, '***').replaceAll(decoded(password), '***')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // It was not encoded.
  }
}
