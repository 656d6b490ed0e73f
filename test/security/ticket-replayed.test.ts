/** Attack 4: ticket replayed in the same browser; 100 servers redeeming one ticket at one instant: exactly one handle. */
import { setImmediate } from 'node:timers/promises'
import type { Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import {
  askedFor,
  ELMER,
  HUB,
  HUB_TOPOLOGY,
  hubOf,
  KEYS,
  newHandles,
  posted,
  reasons,
  seen,
  serving,
  signIn,
  statuses,
} from '../support/crossing.ts'
import { STORES, temporaryFile, wrapped } from '../support/stores.ts'

/** A store whose answers come a turn later, as those of a database do, so that many requests are under way at once. */
const remote = (store: Store): Store => wrapped(store, (_, call) => setImmediate().then(call))

const handlesAt = async ({ sessions }: Crossing, scope: string): Promise<number> => {
  const [session] = await sessions.sessionsOf('ada')
  return (await sessions.handlesOf(session!.id)).filter((handle) => handle.scope === scope).length
}

describe.each(STORES)('over $name', ({ make }) => {
  test('a ticket that was redeemed is not good again, in the same browser and with the same cookies', async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const crossing = hubOf({ inner: store })
    const { browser, serve, events } = crossing
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    const cookie = await browser.jar.getCookieString(ELMER)
    expect(seen(await browser.go(form)).id).toBe('ada')
    const replayed = await serve(posted(form, { headers: { cookie } }))
    expect([replayed.status, newHandles(replayed)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['ticket-unknown'])
    // In the browser itself the request in flight is over, and its session is there: on to the page.
    const again = await browser.go(form)
    expect([seen(again).id, statuses(again)]).toEqual(['ada', [303, 303, 200]])
    expect(again.steps.flatMap(({ response }) => newHandles(response))).toEqual([])
    expect(await handlesAt(crossing, 'elmer.acme.example')).toBe(1)
  })

  test('of a hundred that redeem one ticket at one instant exactly one gets a handle', async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const crossing = hubOf({ inner: remote(store) })
    const { browser, serve, events } = crossing
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    const cookie = await browser.jar.getCookieString(ELMER)
    const answers = await Promise.all(Array.from({ length: 100 }, () => serve(posted(form, { headers: { cookie } }))))
    expect(answers.flatMap(newHandles).length).toBe(1)
    expect(answers.filter(({ status }) => status === 400).length).toBe(99)
    expect(reasons(events)).toEqual(Array.from({ length: 99 }, () => 'ticket-unknown'))
    expect(events.filter(({ type }) => type === 'session.replaced').length).toBe(1)
    expect(await handlesAt(crossing, 'elmer.acme.example')).toBe(1)
  })
})

test('of ten servers on one session file, each with its own connection, exactly one redeems the ticket', async () => {
  const { file, remove } = temporaryFile()
  onTestFinished(remove)
  const crossing = hubOf({ inner: sqlite(file) })
  const { browser, clock } = crossing
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  const servers = Array.from({ length: 10 }, () =>
    createSessions({ topology: HUB_TOPOLOGY, store: remote(sqlite(file)), keys: KEYS, clock: clock.now }),
  )
  onTestFinished(async () => {
    for (const each of servers) await each.close()
  })
  const redeeming = Array.from({ length: 100 }, (_, i) => serving(servers[i % 10]!)(posted(form, { headers: { cookie } })))
  const answers = await Promise.all(redeeming)
  expect(answers.flatMap(newHandles).length).toBe(1)
  expect(await handlesAt(crossing, 'elmer.acme.example')).toBe(1)
})

test('a ticket is spent by the first try, whatever came of it', async () => {
  const { browser, serve, events } = hubOf({ inner: memory() })
  await signIn(browser, HUB)
  const first = await askedFor(browser, `${ELMER}/`)
  const second = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  const ticket = first.form.fields['ticket']!
  await serve(posted(second.form, { fields: { ticket }, headers: { cookie } }))
  const right = await serve(posted(first.form, { headers: { cookie } }))
  expect([right.status, newHandles(right)]).toEqual([400, []])
  expect(reasons(events)).toEqual(['ticket-wrong-browser', 'ticket-unknown'])
})
