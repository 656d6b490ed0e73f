// `landbridge keygen`, and what it is for: one key takes the place of another, and nobody is signed out.
import type { SessionEvent, SessionsOptions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { virtualClock } from 'landbridge/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import type { Serve } from '../support/browser.ts'
import { Browser } from '../support/browser.ts'
import { landbridge, onTerminal } from '../support/cli.ts'
import { amended, answerTo, ELMER, HUB, HUB_TOPOLOGY, seen, serving, signIn, whoAt } from '../support/crossing.ts'

const KEY = /^[\w-]{43}\n$/

describe('The command', () => {
  test('prints one key of 32 bytes and nothing else, another one each time, which createSessions takes', async () => {
    const [one, another] = [await landbridge(['keygen']), await landbridge(['keygen'])]
    expect(one).toEqual({ code: 0, out: expect.stringMatching(KEY), err: '' })
    expect(Buffer.from(one.out.trim(), 'base64url')).toHaveLength(32)
    expect(another.out).not.toBe(one.out)
    const sessions = createSessions({ topology: HUB_TOPOLOGY, keys: [one.out.trim()], store: memory() })
    await sessions.close()
  })

  test('--env prints a line for a .env file', async () => {
    expect(await landbridge(['keygen', '--env'])).toEqual({ code: 0, out: expect.stringMatching(/^LANDBRIDGE_KEY=[\w-]{43}\n$/), err: '' })
  })

  test('says on a terminal in one sentence what to do with it', async () => {
    const { code, out } = await onTerminal(['keygen'])
    expect(code).toBe(0)
    const [key, ...advice] = out.trimEnd().split(/\r?\n/)
    expect(`${key}\n`).toMatch(KEY)
    expect(advice).toEqual([
      expect.stringMatching(/^Put it first in `keys`, keep the old one behind it until .* has expired, then remove it/),
    ])
  })

  test('--help shows how one key takes the place of another, and unknown options are refused', async () => {
    const help = await landbridge(['keygen', '--help'])
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toMatch(/npx landbridge keygen --env >> \.env[^]*To replace a key without signing anybody out:/)
    for (const wrong of ['--bytes', '--seed=1', 'one']) {
      const { code, out, err } = await landbridge(['keygen', wrong])
      expect([code, out, err.split('\n').length]).toEqual([2, '', 2])
    }
  })
})

/** An application that is deployed several times, each time with other keys, over one store. */
function deployments({ topology, storeOf }: { topology: SessionsOptions['topology']; storeOf: (keys: readonly string[]) => Store }) {
  const clock = virtualClock()
  const events: SessionEvent[] = []
  let serve: Serve = () => Promise.reject(new Error('nothing is deployed'))
  const deploy = (...keys: string[]): void => {
    const sessions = createSessions<Data>({
      topology,
      keys,
      store: storeOf(keys),
      clock: clock.now,
      onEvent: (event) => events.push(event),
    })
    onTestFinished(() => sessions.close())
    serve = serving(sessions)
  }
  const refused = (): unknown[] => events.flatMap((event) => ('reason' in event ? [event.reason] : []))
  return { clock, deploy, refused, browser: new Browser((request) => serve(request)) }
}

const keys = async (): Promise<[old: string, next: string]> => {
  const made = await Promise.all([landbridge(['keygen']), landbridge(['keygen'])])
  return made.map(({ out }) => out.trim()) as [string, string]
}

const PRIVATE = `${ELMER}/private`

describe('A key that takes the place of another', () => {
  const hub = () => {
    const store = memory()
    return deployments({ topology: HUB_TOPOLOGY, storeOf: () => store })
  }

  test('lets a crossing that was begun under the old one come to its end, at each of its steps', async () => {
    const [old, next] = await keys()
    for (const step of ['the ask', 'the ticket']) {
      const { deploy, browser, refused } = hub()
      deploy(old)
      await signIn(browser, HUB)
      const ask = (await browser.hop(PRIVATE)).location!
      if (step === 'the ask') deploy(next, old)
      const form = await answerTo(browser, ask)
      if (step === 'the ticket') deploy(next, old)
      expect(seen(await browser.go(amended(form, {}))).id, step).toBe('ada')
      expect(refused()).toEqual([])
      // What is sealed from now on needs the new one alone.
      deploy(next)
      expect([await whoAt(browser, PRIVATE), await whoAt(browser, `${HUB}/private`)]).toEqual(['ada', 'ada'])
    }
  })

  test('is known to all servers before one seals with it: then those of before and after understand each other', async () => {
    const [old, next] = await keys()
    const { deploy, browser, refused } = hub()
    deploy(old, next)
    await signIn(browser, HUB)
    const ask = (await browser.hop(PRIVATE)).location!
    deploy(next, old)
    const form = await answerTo(browser, ask)
    deploy(old, next)
    expect(seen(await browser.go(amended(form, {}))).id).toBe('ada')
    expect(refused()).toEqual([])
  })

  test('refuses a crossing begun under the old one where that one is gone, and signs nobody out', async () => {
    const [old, next] = await keys()
    const { deploy, browser, refused } = hub()
    deploy(old)
    await signIn(browser, HUB)
    const ask = (await browser.hop(PRIVATE)).location!
    deploy(next)
    expect((await browser.hop(ask)).response.status).toBe(400)
    expect(refused()).toEqual(['ask-forged'])
    expect([await whoAt(browser, `${HUB}/private`), await whoAt(browser, PRIVATE)]).toEqual(['ada', 'ada'])
  })

  const sealed = () =>
    deployments({ topology: { kind: 'isolated', hosts: ['elmer.acme.example'] }, storeOf: (list) => sealedCookie({ keys: list }) })

  test('opens a sealed session of the old one, and seals it with the new one as soon as a cookie is due', async () => {
    const [old, next] = await keys()
    const { clock, deploy, browser, refused } = sealed()
    deploy(old)
    await signIn(browser, ELMER)
    await browser.post(`${ELMER}/set?note=kept`, {})
    deploy(next, old)
    expect(seen(await browser.go(ELMER))).toMatchObject({ id: 'ada', note: 'kept' })
    clock.advance(4 * 60_000)
    expect(await whoAt(browser, ELMER)).toBe('ada')
    deploy(next)
    expect(seen(await browser.go(ELMER))).toMatchObject({ id: 'ada', note: 'kept' })
    expect(refused()).toEqual([])
  })

  test('leaves a sealed session that nobody sealed anew refused without the old one, with a reason and no error', async () => {
    const [old, next] = await keys()
    const { deploy, browser, refused } = sealed()
    deploy(old)
    await signIn(browser, ELMER)
    deploy(next)
    expect(await whoAt(browser, ELMER)).toBe(null)
    expect(refused()).toEqual(['unknown-handle'])
  })
})
