/** Attack 33: store contents leaked: no cookie can be made from them. Secrets leaked: no session can be made from them alone. */
import { createHash, createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSessions } from 'landbridge'
import { sqlite } from 'landbridge/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import {
  askedFor,
  ELMER,
  HUB,
  HUB_TOPOLOGY,
  hubOf,
  KEYS,
  newHandles,
  parameter,
  posted,
  seen,
  serving,
  signIn,
} from '../support/crossing.ts'
import { temporaryFile, wrapped } from '../support/stores.ts'
import { memory } from 'landbridge/memory'

test('what the store is told holds no ticket, no secret of a cookie and nothing of a request in flight', async () => {
  const told: string[] = []
  const inner = memory()
  const methods = Object.keys(inner).filter((name) => name !== 'name')
  const noted = Object.fromEntries(
    methods.map((name) => [
      name,
      (...args: unknown[]) => {
        told.push(JSON.stringify(args, (_, value: unknown) => (value instanceof Map ? [...value] : value)))
        return (inner as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args)
      },
    ]),
  )
  const { browser } = hubOf({ inner: { ...inner, ...noted } })
  await signIn(browser, HUB)
  const { ask, form } = await askedFor(browser, `${ELMER}/`)
  const { rid, ticket } = form.fields as { rid: string; ticket: string }
  const sealed = await browser.cookie(ELMER, `__Host-rq.${rid}`)
  await browser.go(form)
  const cookies = await Promise.all([HUB, ELMER].map((host) => browser.cookie(host, '__Host-sid')))
  const secrets = [ticket, parameter(ask, 'sig'), parameter(ask, 'st'), sealed!, ...cookies.map((each) => each!.split('.')[1]!)]
  const text = told.join('\n')
  expect(text).toContain(createHash('sha256').update(ticket).digest('base64url'))
  for (const secret of secrets) expect(text).not.toContain(secret)
})

test('who reads the whole session file can open nothing with what is in it', async () => {
  const { file, remove } = temporaryFile()
  onTestFinished(remove)
  const { browser, serve, clock } = hubOf({ inner: sqlite(file) })
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const bytes = [file, `${file}-wal`].map((each) => readFileSync(each, 'latin1')).join('')
  expect(form.fields['ticket']).toMatch(/^[\w-]{43}$/)
  expect(bytes).not.toContain(form.fields['ticket'])
  // Every word of it that could pass for a ticket or a secret, tried as one with the right request in flight beside it.
  const words = [...new Set(bytes.match(/[\w-]{43}/g))]
  expect(words.length).toBeGreaterThan(1)
  const cookie = await browser.jar.getCookieString(ELMER)
  const [session] = [...new Set(bytes.match(/[\w-]{22}(?![\w-])/g))]
  for (const word of words) {
    const tried = await serve(posted(form, { fields: { ticket: word }, headers: { cookie } }))
    expect([tried.status, newHandles(tried)]).toEqual([400, []])
    const shown = await serve(new Request(`${HUB}/`, { headers: { cookie: `__Host-sid=${session}.${word}` } }))
    expect(await shown.json()).toMatchObject({ id: null })
  }
  clock.advance(1000)
  expect(seen(await browser.go(form)).id).toBe('ada')
})

/** What was posted without a request in flight waits behind a redirect, which judges it. */
const isKept = (answer: Response): boolean => /\/\.session\/in\?rid=/.test(answer.headers.get('location') ?? '')

/** What anybody seals who has the keys. */
const sealing = Buffer.from(hkdfSync('sha256', KEYS[0]!, '', 'landbridge seal', 32))
const seal = (purpose: string, host: string, record: object): string => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(`${purpose} ${host}`))
  return Buffer.concat([nonce, cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

test('who has the keys, and nothing else, gets no session: not by a sealed record of any kind', async () => {
  const { browser, serve, events } = hubOf()
  await signIn(browser, HUB)
  const rid = `${Date.now().toString(36).padStart(8, '0')}${'a'.repeat(22)}`
  const record = {
    rid,
    mode: 'push',
    verifier: '',
    interactive: true,
    act: true,
    iat: Date.now(),
    ticket: 'A'.repeat(43),
    origin: HUB,
    path: '/',
  }
  const forged = [
    `__Host-rq.${rid}=${seal('rq', 'elmer.acme.example', record)}`,
    `__Host-rq.${rid}=${seal('rq', 'elmer.acme.example', { ...record, mode: 'redirect', ticket: undefined })}`,
    `__Host-tk.${rid}=${seal('tk', 'elmer.acme.example', record)}`,
    `__Host-tk.${rid}=${seal('tk', 'elmer.acme.example', { ...record, path: undefined })}; __Host-rq.${rid}=${seal('rq', 'elmer.acme.example', { ...record, mode: 'redirect' })}`,
    `__Host-nb=${seal('nb', 'elmer.acme.example', { tries: [], noneUntil: 0, hint: null, out: false, account: 'ada', session: 'x' })}`,
    `__Host-sid=${seal('sid', 'elmer.acme.example', { account: 'ada' })}`,
  ]
  for (const cookie of forged) {
    const form = { page: `${HUB}/`, action: `${ELMER}/.session/in`, fields: { rid, ticket: 'A'.repeat(43), st: '' } }
    for (const arriving of [
      new Request(`${ELMER}/.session/in?rid=${rid}`, { headers: { cookie } }),
      posted(form, { headers: { cookie } }),
    ]) {
      const answer = await serve(arriving)
      expect([answer.status === 400 || isKept(answer), newHandles(answer)]).toEqual([true, []])
    }
    const page = await serve(new Request(`${ELMER}/`, { headers: { cookie } }))
    expect(await page.json()).toMatchObject({ id: null })
  }
  // The forgery was good as far as it went: it was read, and led to a ticket that is not there.
  const found = events.flatMap((event) => (event.type === 'crossing.refused' && event.reason === 'ticket-unknown' ? [event.mode] : []))
  expect(found).toEqual(['redirect', 'push', 'redirect', 'redirect'])
})

test('who has the keys and the whole store of another application gets no session here', async () => {
  const other = createSessions({ topology: HUB_TOPOLOGY, store: wrapped(memory(), (_, call) => call()), keys: KEYS })
  onTestFinished(() => other.close())
  const { browser } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  const answer = await serving(other)(posted(form, { headers: { cookie } }))
  expect([answer.status, newHandles(answer)]).toEqual([400, []])
})

test('who has the keys and sees the ticket still lacks what only the asking browser knows', async () => {
  const { browser, serve, events, clock } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const rid = form.fields['rid']!
  const record = { rid, mode: 'redirect', verifier: 'A'.repeat(43), interactive: true, act: true, iat: clock.now() }
  const cookie = `__Host-rq.${rid}=${seal('rq', 'elmer.acme.example', record)}`
  const answer = await serve(posted(form, { headers: { cookie } }))
  expect([answer.status, newHandles(answer)]).toEqual([400, []])
  expect(events.at(-1)).toMatchObject({ type: 'crossing.refused', reason: 'ticket-wrong-browser' })
})
