/** Attacks whose outcome a browser decides, tried in real ones. Numbers are those of the list of attacks that must fail. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ENGINES } from './engines.ts'
import { askBy, postTo, SIGN_IN_BY_MESSAGE } from './scripts.ts'
import type { HostName, Stage } from './stage.ts'
import { inBrowser } from './stage.ts'
import type { Tab } from './tab.ts'
import { TLS } from './world.ts'

/** Puts a frame into the page, and waits until the server was asked for what it shows. */
async function frame(stage: Stage, tab: Tab, url: string): Promise<void> {
  const from = stage.app.log.length
  await tab.run(
    `(() => { const frame = document.createElement('iframe'); frame.src = ${JSON.stringify(url)}; document.body.append(frame) })()`,
  )
  await expect.poll(() => stage.app.log.since(from).filter(({ status }) => status !== 0).length).toBeGreaterThan(0)
}

/** What the page hears by message from now on. */
const LISTEN = `(window.heard = [], addEventListener('message', ({ data }) => heard.push(data)), 0)`

/** What a page with a frame says it can see of it: nothing, when the browser refused to show it. */
async function framed(tab: Tab): Promise<string[]> {
  const shown = tab.page
    .frames()
    .slice(1)
    .map((each) => each.evaluate(`document.body?.innerText ?? ''`).catch(() => ''))
  return Promise.all(shown as Promise<string>[])
}

const ACCOUNTS = `fetch('/.session/accounts').then((reply) => reply.json()).then(({ accounts }) => accounts.map(({ id, active }) => id + (active ? ' (active)' : '')).sort())`

/** An ask that elmer made for the browser of somebody else: its URL. */
async function askOfAStranger(stage: Stage, mode: 'redirect' | 'fetch' | 'web-message'): Promise<string> {
  const stranger = await stage.visitor()
  if (mode === 'redirect') {
    await stranger.go(stage.url('elmer', '/.session/begin?to=/'))
    return stage.url('hub', stage.app.log.entries.findLast(({ path }) => path.startsWith('/.session/ask?'))!.path)
  }
  await stranger.go(stage.place('elmer', '/quiet', 'quiet'))
  return (await stranger.run<{ ask: string }>(askBy(mode))).ask
}

/** A page of a host that belongs to somebody else, in the visitor's browser. */
async function lure(stage: Stage, tab: Tab, host: HostName, body = 'look here'): Promise<Tab> {
  const page = await tab.another()
  await page.go(stage.place(host, '/lure', body))
  return page
}

const reasonsOf = (stage: Stage, from: number): string[] =>
  stage.app.events
    .slice(from)
    .flatMap((event) => (event.type === 'crossing.refused' || event.type === 'request.refused' ? [event.reason] : []))

for (const engine of ENGINES) {
  inBrowser(engine, 'attacks', { worlds: [TLS] }, (at) => {
    describe('3: sign-in by link', () => {
      test("A stranger's ask that a visitor follows signs in neither of them at the spoke", async () => {
        const stage = at()
        const ask = await askOfAStranger(stage, 'redirect')
        const victim = await stage.signedIn('victim')
        const [seen, events] = [stage.watch(), stage.app.events.length]
        await victim.go(ask)
        expect(seen()).toEqual(['GET acme/.session/ask 200', 'POST elmer/.session/in 303', 'GET elmer/.session/in 400'])
        expect(await victim.run('document.body.innerText')).toContain('request-unknown')
        expect(reasonsOf(stage, events)).toEqual(['request-unknown'])
        expect((await stage.app.handlesOf('victim')).map(({ scope }) => scope)).toEqual([stage.world.hub])
        expect(await stage.cookieNames(victim, 'elmer')).not.toContain('__Host-sid')
      })

      test("A stranger's ticket that a page of his own posts to a spoke is refused, as that page is no host of the bridge", async () => {
        const stage = at()
        const attacker = await stage.signedIn('mallory')
        await attacker.go(stage.url('elmer', '/'))
        const fields = `<input name="rid" value="${'0'.repeat(8)}${'x'.repeat(22)}"><input name="ticket" value="${stage.app.tickets.at(-1)!}">`
        const form = `<form method="post" action="${stage.url('elmer', '/.session/in')}">${fields}<button id="go">Go</button></form>`
        const victim = await stage.visitor()
        await victim.go(stage.place('evil', '/form', form))
        const seen = stage.watch()
        await victim.click('#go')
        expect(seen()).toEqual(['POST elmer/.session/in 403'])
        expect(await stage.cookieNames(victim, 'elmer')).toEqual([])
      })
    })

    test('14: A sibling that floods the cookie jar can sign a visitor out, who signs in again and is signed in everywhere', async () => {
      const stage = at()
      const tab = await stage.signedIn()
      const flood = Array.from({ length: 350 }, (_, i) => `flood${i}=1; Domain=${stage.world.hub}; Path=/; Secure`)
      stage.app.place(stage.world.alice, '/flood', 'flood', { 'set-cookie': flood })
      await tab.go(stage.url('alice', '/flood'))
      await tab.go(stage.url('hub'))
      expect(await tab.who()).toBe('nobody')
      await stage.signIn(tab, 'ada')
      expect(await tab.who()).toBe('ada')
      for (const host of ['elmer', 'hub'] as const) {
        await tab.go(stage.url(host))
        expect(await tab.who()).toBe('ada')
      }
    })

    describe('15: a tenant against the hub', () => {
      test('His script that posts to the endpoints and forms of the hub, with its cookies, is refused, and nothing changes', async () => {
        const stage = at()
        const tab = await stage.signedIn()
        await tab.submit('#add-account', { '#further': 'bob' })
        const page = await lure(stage, tab, 'alice')
        const from = stage.app.log.length
        await page.run(postTo(stage.url('hub', '/.session/sign-out'), { reach: 'everywhere' }))
        await page.run(postTo(stage.url('hub', '/.session/switch'), { account: 'ada' }))
        await page.run(postTo(stage.url('hub', '/.session/remove'), { account: 'ada' }))
        await page.run(postTo(stage.url('hub', '/.session/choose'), { host: stage.world.elmer, account: 'ada' }))
        await page.run(postTo(stage.url('hub', '/add'), { account: 'mallory' }))
        const refused = { status: 403, site: 'same-site', cookies: expect.arrayContaining(['__Host-sid']) as string[] }
        expect(stage.app.log.since(from)).toMatchObject(Array.from({ length: 5 }, () => refused))
        await tab.go(stage.url('hub'))
        expect(await tab.run(ACCOUNTS)).toEqual(['ada', 'bob (active)'])
        await tab.go(stage.url('elmer'))
        expect(await tab.who()).toBe('bob')
      })

      test('His frame of the sign-in page, or of any page, of the hub shows nothing of it', async () => {
        const stage = at()
        const tab = await stage.signedIn()
        const page = await lure(stage, tab, 'alice')
        for (const path of ['/login', '/']) await frame(stage, page, stage.url('hub', path))
        // The same frames show what is not forbidden.
        await frame(stage, page, stage.place('hub', '/open', 'free to frame'))
        await expect.poll(() => framed(page)).toContain('free to frame')
        expect((await framed(page)).join()).not.toMatch(/Sign in|ada/)
      })
    })

    describe('16: frames', () => {
      test('alice who frames an ask of elmer hears nothing, and nobody is signed in at elmer', async () => {
        const stage = at()
        const ask = await askOfAStranger(stage, 'web-message')
        const tab = await stage.signedIn('victim')
        const page = await lure(stage, tab, 'alice')
        await page.run(LISTEN)
        const seen = stage.watch()
        await frame(stage, page, ask)
        await quiet(stage)
        expect(await page.run('heard')).toEqual([])
        expect(seen()).toEqual(['GET acme/.session/ask 200'])
      })

      test('A page of elmer that a stranger frames gets no message from the hub, and no session', async () => {
        const stage = at()
        const tab = await stage.signedIn('victim')
        const inner = stage.place('elmer', '/inner', `<script>${SIGN_IN_BY_MESSAGE}.then((heard) => top.postMessage(heard, '*'))</script>`)
        const page = await lure(stage, tab, 'evil')
        await page.run(LISTEN)
        const seen = stage.watch()
        await frame(stage, page, inner)
        await page.until('heard.length > 0')
        expect(await page.run('heard')).toEqual(['silence'])
        // A frame within another site gets no cookies: the hub sees nobody in it, and elmer nobody who asked.
        expect(seen().slice(-2)).toEqual(['GET acme/.session/ask 303', 'GET elmer/.session/frame 400'])
        expect(await stage.cookieNames(tab, 'elmer')).not.toContain('__Host-sid')
      })

      test('17: alice who frames the end of a crossing at elmer hears no message of it', async () => {
        const stage = at()
        const tab = await stage.visitor()
        await tab.go(stage.place('elmer', '/quiet', 'quiet'))
        const { rid } = await tab.run<{ rid: string }>(askBy('web-message'))
        const page = await lure(stage, tab, 'alice')
        await page.run(LISTEN)
        await frame(stage, page, stage.url('elmer', `/.session/frame?rid=${rid}&e=none`))
        await quiet(stage)
        expect(await page.run('heard')).toEqual([])
      })
    })

    describe('18: asks by script', () => {
      const read = (url: string): string => `fetch(${JSON.stringify(url)}, { credentials: 'include' }).then(() => 'read', () => 'refused')`

      test('Pages of other hosts cannot read the answer to an ask of elmer, and no ticket is made', async () => {
        const stage = at()
        const ask = await askOfAStranger(stage, 'fetch')
        const tab = await stage.signedIn('victim')
        const [seen, events] = [stage.watch(), stage.app.events.length]
        for (const host of ['alice', 'shopA', 'evil'] as const) {
          await tab.go(stage.place(host, '/lure', 'look here'))
          expect(await tab.run(read(ask))).toBe('refused')
        }
        expect(seen().filter((line) => line.includes('/.session/'))).toEqual(Array(3).fill('GET acme/.session/ask 403'))
        expect(stage.app.events.slice(events).map(({ type }) => type)).not.toContain('ticket.issued')
      })

      test('A sandboxed page of elmer, whose origin is null, cannot read it either', async () => {
        const stage = at()
        const ask = await askOfAStranger(stage, 'fetch')
        const tab = await stage.signedIn('victim')
        const script = `<script>${read(ask)}.then((outcome) => parent.postMessage(outcome, '*'))</script>`
        const page = await lure(stage, tab, 'elmer')
        await page.run(LISTEN)
        const [from, seen] = [stage.app.log.length, stage.watch()]
        await page.run(
          `(() => { const frame = document.createElement('iframe'); frame.sandbox = 'allow-scripts'; frame.srcdoc = ${JSON.stringify(script)}; document.body.append(frame) })()`,
        )
        await page.until('heard.length > 0')
        expect(await page.run('heard')).toEqual(['refused'])
        expect(seen()).toEqual(['GET acme/.session/ask 403'])
        expect(stage.app.log.since(from)[0]).toMatchObject({ origin: 'null' })
      })
    })

    describe('19: an ask by another way than its own', () => {
      test('In the address bar an ask for a frame is refused', async () => {
        const stage = at()
        const tab = await stage.signedIn('victim')
        await tab.go(stage.place('elmer', '/quiet', 'quiet'))
        const { ask } = await tab.run<{ ask: string }>(askBy('web-message'))
        const seen = stage.watch()
        await tab.go(ask)
        expect(seen()).toEqual(['GET acme/.session/ask 400'])
        expect(await tab.run('document.body.innerText')).toContain('wrong-mode')
      })

      test('In a frame an ask for the page is refused', async () => {
        const stage = at()
        const ask = await askOfAStranger(stage, 'redirect')
        const tab = await stage.signedIn('victim')
        await tab.go(stage.place('elmer', '/quiet', 'quiet'))
        const seen = stage.watch()
        await frame(stage, tab, ask)
        await quiet(stage)
        expect(seen()).toEqual(['GET acme/.session/ask 400'])
      })
    })
  })

  inBrowser(engine, 'attack 29, cookies blocked', { worlds: [TLS], rule: 'all-blocked' }, (at) => {
    test('A protected page leads to a page after two redirects, and a sign-in there does not lead in circles either', async () => {
      const stage = at()
      const tab = await stage.visitor()
      const first = stage.watch()
      await tab.go(stage.url('elmer', '/private/page'))
      expect(first()).toEqual(['GET elmer/private/page 303', 'GET acme/.session/ask 303', 'GET acme/login 200'])
      const second = stage.watch()
      await tab.submit('#sign-in', { '#account': 'ada' })
      expect(second()).toEqual([
        'POST acme/login 303',
        'GET elmer/.session/begin 303',
        'GET acme/.session/ask 303',
        'GET elmer/.session/in 200',
      ])
    })

    test('A shop that asks another one ends at a page that says what is wrong, after two redirects', async () => {
      const stage = at()
      const tab = await stage.visitor()
      const seen = stage.watch()
      await tab.go(stage.url('shopB', '/.session/begin?to=/'))
      expect(seen()).toEqual(['GET shop-b/.session/begin 303', 'GET shop-a/.session/ask 303', 'GET shop-b/.session/in 200'])
      expect(await tab.run('document.body.innerText')).toContain('keeps no cookies')
    })
  })

  if (engine.name !== 'Chromium') continue
  inBrowser(engine, 'attack 29, cookies of one shop blocked', { worlds: [TLS], rule: 'shop-b-blocked' }, (at) => {
    test('What another shop carries there ends at a page that says what is wrong, whoever began', async () => {
      const stage = at()
      const tab = await stage.visitor()
      await tab.go(stage.url('shopA'))
      await tab.submit('#put', { '#item': 'apple' })
      const pushed = stage.watch()
      await tab.submit('#carry', { '#to': stage.url('shopB') })
      expect(pushed()).toEqual(['POST shop-a/.session/push 200', 'POST shop-b/.session/in 303', 'GET shop-b/.session/in 400'])
      expect(await tab.run('document.body.innerText')).toContain('keeps no cookies')
      const asked = stage.watch()
      await tab.go(stage.url('shopB', '/.session/begin?to=/'))
      expect(asked()).toEqual([
        'GET shop-b/.session/begin 303',
        'GET shop-a/.session/ask 200',
        'POST shop-b/.session/in 303',
        'GET shop-b/.session/in 400',
      ])
    })
  })
}

/** Until the server has had nothing to do for a while: the only sign of what does not happen. */
async function quiet(stage: Stage): Promise<void> {
  let before = -1
  while (before !== stage.app.log.length) {
    before = stage.app.log.length
    await pause(250)
  }
}
