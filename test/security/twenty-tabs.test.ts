/**
 * Attack 32: twenty tabs reopened at once: all signed in, each on its own page, one handle, no leftover rq cookies after 120 s.
 * The tabs of one browser share a cookie jar, and their requests come and go in any order.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from 'landbridge'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Browser, Form } from '../support/browser.ts'
import { ELMER, HUB, hubOf, signIn } from '../support/crossing.ts'
import { STORES, wrapped } from '../support/stores.ts'

const TABS = Array.from({ length: 20 }, (_, i) => `${ELMER}/page-${i}`)

/** A store that answers each call some time later, so that the tabs overtake one another. */
const shuffled = (store: Store): Store => wrapped(store, (_, call) => pause(Math.random() * 8).then(call))

/** Goes one step on in a tab, until there is a page. */
async function step(browser: Browser, tab: Tab): Promise<void> {
  if (tab.page !== null) return
  const { response, location, form } = await browser.hop(tab.at)
  if (location !== null || form !== null) tab.at = location ?? form!
  else tab.page = { status: response.status, text: await response.text() }
}

interface Tab {
  at: string | Form
  page: { readonly status: number; readonly text: string } | null
}

const newTabs = (): Tab[] => TABS.map((at) => ({ at, page: null }))
const arrived = (tabs: readonly Tab[]): boolean => tabs.every(({ page }) => page !== null)

type Order = (browser: Browser, tabs: Tab[]) => Promise<void>
const ORDERS: Record<string, Order> = {
  'all at once': async (browser, tabs) => void (await Promise.all(tabs.map((tab) => go(browser, tab)))),
  'six at a time, as over six connections': async (browser, tabs) => {
    const waiting = [...tabs]
    const connection = async () => {
      for (let tab = waiting.shift(); tab !== undefined; tab = waiting.shift()) {
        await step(browser, tab)
        if (tab.page === null) waiting.push(tab)
      }
    }
    await Promise.all(Array.from({ length: 6 }, connection))
  },
  'in step, one after the other': async (browser, tabs) => {
    while (!arrived(tabs)) for (const tab of tabs) await step(browser, tab)
  },
  'in step, the last one first on the way back': async (browser, tabs) => {
    for (let i = 0; !arrived(tabs); i++) for (const tab of i % 2 === 0 ? tabs : tabs.toReversed()) await step(browser, tab)
  },
  'at random': async (browser, tabs) => {
    while (!arrived(tabs)) await step(browser, tabs[Math.floor(Math.random() * tabs.length)]!)
  },
}

async function go(browser: Browser, tab: Tab): Promise<void> {
  while (tab.page === null) await step(browser, tab)
}

describe.each(STORES)('over $name', ({ make }) => {
  test.each(Object.entries(ORDERS))('twenty tabs %s are all signed in, each on its own page, with one handle', async (_, order) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, sessions, clock } = hubOf({ inner: shuffled(store) })
    await signIn(browser, HUB)
    const tabs = newTabs()
    await order(browser, tabs)
    expect(tabs.map(({ page }) => page!.status)).toEqual(TABS.map(() => 200))
    expect(tabs.map(({ page }) => (JSON.parse(page!.text) as { id: string }).id)).toEqual(TABS.map(() => 'ada'))
    expect(tabs.map(({ at }) => at)).toEqual(TABS)

    const [session] = await sessions.sessionsOf('ada')
    const handles = await sessions.handlesOf(session!.id)
    expect(handles.map(({ scope }) => scope).sort()).toEqual(['acme.example', 'elmer.acme.example'])
    // The jar's own time: what nobody came back for is forgotten.
    vi.setSystemTime(Date.now() + 121_000)
    clock.advance(121_000)
    expect(await browser.cookieNames(ELMER)).not.toContainEqual(expect.stringMatching(/^__Host-rq/))
    expect((await browser.go(`${ELMER}/`)).steps.length).toBe(1)
  })
})

test('of tabs that were closed on the way nothing is left after 120 s', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { browser } = hubOf()
  await signIn(browser, HUB)
  for (const url of TABS) await browser.hop(url)
  const inFlight = async () => (await browser.cookieNames(ELMER)).filter((name) => name.startsWith('__Host-rq.')).length
  expect(await inFlight()).toBe(20)
  vi.setSystemTime(Date.now() + 121_000)
  expect(await inFlight()).toBe(0)
})
