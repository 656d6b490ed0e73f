/** What the script of a page does for silent sign-in: the few lines that the wire protocol needs, and no more. */

const ASK = `fetch('/.session/begin', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"mode":"MODE"}' }).then((reply) => reply.json())`

export const askBy = (mode: 'fetch' | 'web-message'): string => ASK.replace('MODE', mode)

/** The `fetch` transport; its result is what `in` answered. */
export const SIGN_IN_BY_FETCH = `(async () => {
  const { rid, ask } = await ${askBy('fetch')}
  const { ticket } = await (await fetch(ask, { credentials: 'include' })).json()
  const body = JSON.stringify(ticket ? { rid, ticket } : { rid })
  return (await fetch('/.session/in', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()
})()`

/** The `web-message` transport; its result is the message, or 'silence'. */
export const SIGN_IN_BY_MESSAGE = `(async () => {
  const { rid, ask } = await ${askBy('web-message')}
  const frame = document.createElement('iframe')
  frame.hidden = true
  const heard = new Promise((resolve) => {
    addEventListener('message', ({ origin, source, data }) => origin === location.origin && source === frame.contentWindow && data.rid === rid && resolve(data))
    setTimeout(resolve, 1500, 'silence')
  })
  frame.src = ask
  document.body.append(frame)
  return heard
})()`

/** A request of a page's script by POST, with cookies, whatever the other side allows to be read. */
export const postTo = (url: string, fields: object): string =>
  `fetch(${JSON.stringify(url)}, { method: 'POST', mode: 'no-cors', credentials: 'include', body: ${JSON.stringify(JSON.stringify(fields))} }).then(() => 'sent', () => 'failed')`
