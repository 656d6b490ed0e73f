/** `fetch` for pages whose session can run out beneath them. */
import { arrive } from './connect.ts'
import { settings } from './settings.ts'

const TAG = 'x-session-account'

/**
 * `fetch`, with two things more for requests to this host. A 401 connects once, however many requests got one, and the request is
 * repeated once if somebody is signed in then and its body can be repeated (a stream cannot). What comes then is handed through.
 * And requests that change something say which account the page was made for, if `accountTag` is set.
 */
export async function refetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  if (new URL(request.url).origin !== location.origin) return fetch(request)
  const tagged = settings.accountTag !== undefined && !/^(?:GET|HEAD|OPTIONS)$/.test(request.method)
  if (tagged && !request.headers.has(TAG)) request.headers.set(TAG, settings.accountTag!)
  const again = init?.body instanceof ReadableStream ? null : request.clone()
  const response = await fetch(request)
  // 409: with nobody here the page's tag fits nobody. It still guards the second try.
  if (again === null || !(response.status === 401 || (tagged && response.status === 409))) return response
  const { now } = await arrive()
  if (now === 'nobody' || (now === 'here' && response.status === 409)) return response
  return fetch(again)
}
