/** The hub of the playground and its tenants in a real Chromium: sign-in, accounts, the drawing, the tree, sign-out. */
import { describe, expect, test } from 'vitest'
import { BUGS, ELMER, FUDD, HUB, visitPlayground } from './visit.ts'

const begin = visitPlayground()

describe('signing in', () => {
  test('A protected page of a tenant leads by the sign-in page of the hub and back to it', async () => {
    const visit = await begin()
    await visit.open(ELMER)
    expect(await visit.who()).toBe('Nobody')
    expect(await visit.context.cookies()).toEqual([])
    await visit.page.getByRole('link', { name: 'Protected page' }).click()
    await visit.signInFor(ELMER, 'elmer')
    expect(visit.page.url()).toBe(visit.server.url(ELMER, '/private'))
    expect(await visit.who()).toBe('elmer')
    expect((await visit.page.getByTestId('claims').innerText()).replace(/\s+/g, ' ')).toBe('role owner tenant elmer')
    expect(visit.complaints).toEqual([])
  })

  test('Another tenant is signed in on its first page, and the page draws who sent the browser where, cookies by name and the life of the ticket', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    expect(visit.page.url()).toBe(visit.server.url(FUDD))
    expect(await visit.who()).toBe('elmer')
    expect(await visit.page.getByTestId('outcome').innerText()).toBe('attached')
    expect(await visit.page.getByTestId('redirects').innerText()).toBe('2')
    const drawn = await visit.drawn()
    const messages = drawn.filter((step) => !step.startsWith('At '))
    expect(messages).toEqual([
      `Browser to ${FUDD}: GET /`,
      `${FUDD} to Browser: redirect 1 303 to ${HUB} /.session/ask sets __Host-rq.…`,
      `Browser to ${HUB}: GET /.session/ask`,
      `${HUB} to Browser: 200 a form with the ticket, which sends itself`,
      `Browser to ${FUDD}: POST /.session/in`,
      `${FUDD} to Browser: redirect 2 303 to ${FUDD} / sets __Host-sid, __Host-nb clears __Host-rq.…, __Host-tk.…`,
      `Browser to ${FUDD}: GET / the page itself`,
    ])
    const notes = drawn.filter((step) => step.startsWith('At ')).map((step) => /^At (\S+): (\S+)/.exec(step)?.slice(1))
    expect(notes).toEqual([
      [FUDD, 'crossing.asked'],
      [HUB, 'ticket.issued'],
      [FUDD, 'session.replaced'],
      [FUDD, 'crossing.completed'],
    ])
    expect(drawn.join(' ')).toMatch(/Ticket taken after \d+ ms/)
    expect(await visit.page.getByTestId('crossing').innerText()).toMatch(/used after \d+ ms of its 30 s, for fudd\.acme\.localhost only/)
    expect(visit.complaints).toEqual([])
  })

  test('No page holds a value of any cookie, nor a ticket', async () => {
    const visit = await begin()
    const tickets: string[] = []
    visit.page.on('request', (request) => {
      const ticket = new URLSearchParams(request.postData() ?? '').get('ticket')
      if (ticket !== null) tickets.push(ticket)
    })
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    expect(tickets).toHaveLength(1)
    const secrets = (await visit.context.cookies()).map(({ value }) => value.split('.')[1] ?? value)
    for (const host of [FUDD, HUB]) {
      await visit.open(host)
      const markup = await visit.page.content()
      for (const secret of [...secrets, ...tickets]) expect(markup).not.toContain(secret)
    }
  })

  test('A tenant whose name was only typed in works like the others', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open('taz.acme.localhost')
    expect(await visit.who()).toBe('elmer')
    expect(await visit.page.getByTestId('claims').innerText()).toContain('taz')
  })
})

describe('who may use which tenant', () => {
  test('Bugs does not let elmer in, says why in the drawing, and takes another account from the sign-in page', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(BUGS)
    expect(await visit.who()).toBe('Nobody')
    expect((await visit.drawn()).join(' ')).toContain('crossing.answered-nobody not-authorized')
    await visit.page.getByRole('link', { name: `Sign in at ${HUB}` }).click()
    await visit.sees(`May not use ${BUGS}.`)
    await visit.signInFor(BUGS, 'lola')
    expect(await visit.who()).toBe('lola')
    expect(visit.complaints).toEqual([])
  })

  test('From the sign-in page one can go on with an account that is there already, for that tenant alone', async () => {
    const visit = await begin()
    await visit.signInAtHub('lola')
    await visit.signInAtHub('elmer')
    await visit.page.goto(visit.server.url(BUGS, '/private'))
    await visit.press('Continue as lola')
    await visit.page.waitForURL(visit.server.url(BUGS, '/private'))
    expect(await visit.who()).toBe('lola')
    await visit.open(FUDD)
    expect(await visit.who()).toBe('elmer')
  })
})

describe('the account chooser', () => {
  test('A switch at the hub reaches a tenant without a redirect', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.signInAtHub('fudd')
    await visit.open(ELMER)
    expect(await visit.who()).toBe('fudd')
    await visit.open(HUB)
    await visit.press('Switch to elmer')
    await visit.sees('Switched. Every host')
    const hops: string[] = []
    visit.page.on('response', (response) => {
      if (response.status() >= 300 && response.status() < 400) hops.push(response.url())
    })
    await visit.open(ELMER)
    expect(await visit.who()).toBe('elmer')
    expect(hops).toEqual([])
  })

  test('A tenant can be used with another account than the rest, and the chooser shows which', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.signInAtHub('fudd')
    const choice = visit.page.getByRole('combobox', { name: `Account for ${ELMER}` })
    await choice.selectOption('elmer')
    await visit.press(`Choose for ${ELMER}`)
    await visit.sees('Chosen. That host')
    expect(await choice.inputValue()).toBe('elmer')
    await visit.open(ELMER)
    expect(await visit.who()).toBe('elmer')
    await visit.open(FUDD)
    expect(await visit.who()).toBe('fudd')
  })

  test('An account that is removed is signed out at the tenants', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    await visit.open(HUB)
    await visit.press('Remove elmer')
    await visit.page.getByTestId('who').getByText('Nobody').waitFor()
    await visit.open(FUDD)
    expect(await visit.who()).toBe('Nobody')
  })

  test('An expired account is listed, and leads to a sign-in page that has its name', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.press('Let 8 days pass')
    await visit.sees('Eight days passed')
    await visit.signInAtHub('fudd')
    await visit.press('Let 8 days pass')
    await visit.sees('Eight days passed')
    const line = visit.page.getByTestId('accounts').locator('li', { hasText: 'elmer' })
    expect(await line.innerText()).toContain('expired')
    await line.getByRole('link', { name: 'Sign in again as elmer' }).click()
    expect(await visit.page.getByRole('textbox', { name: 'Name, any will do' }).inputValue()).toBe('elmer')
    await visit.press('Sign in')
    await visit.sees('Signed in. The session got')
    expect(await line.innerText()).not.toContain('expired')
  })

  test('A page that was made for another account saves nothing: 409', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.signInAtHub('fudd')
    await visit.open(ELMER)
    expect(await visit.who()).toBe('fudd')
    const other = await visit.secondWindow()
    await other.open(HUB)
    await other.press('Switch to elmer')
    await other.sees('Switched. Every host')
    await visit.page.getByRole('textbox', { name: 'Value' }).fill('for the eyes of fudd')
    const answered = visit.page.waitForResponse((response) => response.url().endsWith('/set-value'))
    await visit.press('Set')
    expect((await answered).status()).toBe(409)
    await visit.sees('This page was made for another account')
    await visit.page.getByRole('link', { name: 'Load the page again' }).click()
    expect(await visit.who()).toBe('elmer')
    expect(await visit.page.getByTestId('value-theme').count()).toBe(0)
  })
})

describe('the tree of hosts', () => {
  test('The hub revokes one handle; its cookie opens nothing from then on, and the other tenant is left alone', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(ELMER)
    const { value } = await visit.cookie(ELMER, '__Host-sid')
    await visit.open(FUDD)
    const { value: kept } = await visit.cookie(FUDD, '__Host-sid')
    await visit.open(HUB)
    await visit.press(`Revoke the handle of ${ELMER}`)
    await visit.sees('The handle is revoked.')
    const tree = await visit.page.getByTestId('tree').innerText()
    expect(tree).toContain(FUDD)
    expect(tree).not.toContain(ELMER)
    await visit.open(ELMER)
    expect(await visit.who()).toBe('Nobody')
    expect(await visit.page.getByTestId('log').innerText()).toContain('cookie.refused unknown-handle')
    await visit.page.getByRole('link', { name: `Sign in at ${HUB}` }).click()
    await visit.page.getByTestId('claims').waitFor()
    expect((await visit.cookie(ELMER, '__Host-sid')).value).not.toBe(value)
    await visit.open(FUDD)
    expect((await visit.cookie(FUDD, '__Host-sid')).value).toBe(kept)
  })
})

describe('signing out', () => {
  test('Signed out here, a tenant stays so until its visitor asks; the other tenant stays signed in', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    await visit.open(ELMER)
    await visit.press('Sign out here')
    await visit.sees('Signed out on this host.')
    for (const _ of [1, 2]) {
      await visit.page.goto(visit.server.url(ELMER))
      expect(await visit.who()).toBe('Nobody')
    }
    await visit.open(FUDD)
    expect(await visit.who()).toBe('elmer')
    await visit.open(ELMER)
    await visit.page.getByRole('link', { name: `Sign in at ${HUB}` }).click()
    await visit.page.getByTestId('claims').waitFor()
    expect(await visit.who()).toBe('elmer')
  })

  test('Signed out everywhere at a tenant, nobody is left at the hub or at any tenant', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    await visit.open(ELMER)
    await visit.press('Sign out everywhere')
    await visit.sees('Signed out: the session ended')
    for (const host of [ELMER, FUDD, HUB]) {
      await visit.open(host)
      expect(await visit.who()).toBe('Nobody')
    }
  })
})

describe('the experiment', () => {
  test('A tenant refuses the cookie of the hub, and the hub that of a tenant', async () => {
    const visit = await begin()
    await visit.signInAtHub('elmer')
    await visit.open(FUDD)
    expect(await visit.showCookieTo(HUB)).toContain('(wrong-host)')
    await visit.open(HUB)
    const verdict = await visit.showCookieTo(FUDD)
    expect(verdict).toContain('(wrong-host)')
    expect(verdict).toContain('never by a cookie')
  })
})
