import type { Route } from './adapters.ts'

/** The routes that most attacks need. */
export const ROUTES: Readonly<Record<string, Route>> = {
  '/who': async (session) => ({ body: (await session.account())?.id ?? 'anonymous' }),
  '/sign-in': async (session) => {
    await session.signIn({ id: 'elmer' })
    return { body: 'in' }
  },
  '/sign-out': async (session) => {
    await session.signOut()
    return { body: 'out' }
  },
  '/set': (session) => {
    session.set('theme', 'dark')
    return { body: 'set' }
  },
  '/get': async (session) => ({ body: String(await session.get('theme')) }),
  '/renew': async (session) => {
    await session.renew()
    return { body: 'renewed' }
  },
  '/token': async (session) => ({ body: await session.csrfToken() }),
}

/** A request as `node:http` hands it over, with a Host header that no client library would send. */
export function nodeRequest(host: string | string[], headers: Record<string, string> = {}, more: { method?: string; url?: string } = {}) {
  const hosts = [host].flat()
  return {
    method: more.method ?? 'GET',
    url: more.url ?? '/',
    headers: { ...headers, host: hosts[0] },
    rawHeaders: hosts.flatMap((each) => ['Host', each]),
    socket: { remoteAddress: '127.0.0.1' },
  }
}
