/** Attack 20: a spoke probes whether a visitor is signed in or a member elsewhere: status, length, headers and timing class alike. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { ELMER, HUB, hubOf, signIn } from '../support/crossing.ts'

const VISITORS: readonly [string, (browser: Browser) => Promise<unknown>][] = [
  ['nobody', async () => undefined],
  ['somebody who is no member', (browser) => signIn(browser, HUB, 'stranger')],
  ['somebody whose session is anonymous', (browser) => browser.post(`${HUB}/set`, {})],
  ['a cookie that opens nothing', async (browser) => void (browser.forced = `__Host-sid=${'a'.repeat(22)}.${'b'.repeat(43)}`)],
]

const WAYS = {
  redirect: async (browser: Browser) => {
    const ask = (await browser.hop(`${ELMER}/page`)).location
    return browser.hop(ask ?? (await browser.hop(`${ELMER}/.session/begin?to=/page`)).location!)
  },
  'redirect, interactive': async (browser: Browser) => browser.hop((await browser.hop(`${ELMER}/.session/begin?to=/page`)).location!),
  'web-message': async (browser: Browser) => {
    const ask = await begin(browser, 'web-message')
    return browser.hop(ask, { headers: { 'sec-fetch-dest': 'iframe' } })
  },
  fetch: async (browser: Browser) => browser.fetch(await begin(browser, 'fetch'), { from: ELMER }),
}

const begin = async (browser: Browser, mode: string): Promise<string> => {
  const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
  return ((await response.json()) as { ask: string }).ask
}

describe.each(Object.entries(WAYS))('by %s', (way, probe) => {
  test('the answer is alike for everybody who may not come in', async () => {
    const answers = await Promise.all(
      VISITORS.map(async ([who, become]) => {
        const { browser } = hubOf({ topology: { authorize: ({ id }) => pause(20, id !== 'stranger') } })
        await become(browser)
        if (way === 'redirect') browser.forced = [browser.forced, '__Secure-hint=x'].filter(Boolean).join('; ')
        const { response } = await probe(browser)
        const headers = [...response.headers].map(([name, value]) => [name, name === 'content-length' ? value : value.length])
        return { who, answer: [response.status, headers.map(String).sort(), (await response.text()).length] }
      }),
    )
    for (const { who, answer } of answers) expect(answer, who).toEqual(answers[0]!.answer)
  })

  test('and it comes in steps of a tenth of a second, whatever it took to find out', async () => {
    const times = await Promise.all(
      [0, 60, 120].map(async (ms) => {
        const { browser } = hubOf({ topology: { authorize: () => pause(ms, false) } })
        if (ms > 0) await signIn(browser, HUB)
        else if (way === 'redirect') browser.forced = '__Secure-hint=x'
        const began = performance.now()
        await probe(browser)
        return performance.now() - began
      }),
    )
    expect(times[0]!).toBeGreaterThan(95)
    expect(times[1]!).toBeGreaterThan(95)
    expect(times[2]!).toBeGreaterThan(195)
  })
})
