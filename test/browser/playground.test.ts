/** The playground as a new user meets it: the real server, a real Chromium, every act by the page's own controls. */
import { describe, expect, test } from 'vitest'
import { ACCOUNTS, APP, DAFFY, PORKY, visitPlayground } from './visit.ts'

const begin = visitPlayground()

describe('isolated hosts', () => {
  test('Signing in on daffy lasts over a reload, and leaves porky alone', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    await visit.page.reload()
    expect(await visit.who()).toBe('ada')
    await visit.open(PORKY)
    expect(await visit.who()).toBe('Nobody')
  })

  test('The cookie of daffy copied into the jar of porky is refused there with wrong-host, and daffy is still signed in', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    // A browser lets a __Host- cookie be written for a secure address only; it then sends it to localhost over plain http too.
    const { value } = await visit.cookie(DAFFY, '__Host-sid')
    await visit.context.addCookies([{ name: '__Host-sid', value, url: `https://${PORKY}/`, secure: true, httpOnly: true, sameSite: 'Lax' }])
    await visit.open(PORKY)
    expect(await visit.cookie(PORKY, '__Host-sid')).toMatchObject({ value, domain: PORKY })
    expect(await visit.who()).toBe('Nobody')
    expect(await visit.page.getByTestId('cookie-refused').innerText()).toContain('wrong-host')
    const entry = await visit.newestLog()
    expect(entry).toContain(PORKY)
    expect(entry).toContain('cookie.refused wrong-host')
    await visit.open(DAFFY)
    expect(await visit.who()).toBe('ada')
  })

  test('The page shows the cookie with the attributes that the browser holds, and neither page nor script sees the secret', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    const cookie = await visit.cookie(DAFFY, '__Host-sid')
    expect(cookie).toMatchObject({ domain: DAFFY, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' })
    const shown = await visit.page.locator('section', { hasText: 'The cookie of this host' }).innerText()
    for (const attribute of ['no Domain', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) expect(shown).toContain(attribute)
    const [id = '', secret = ''] = cookie.value.split('.')
    await visit.showCookieTo(PORKY)
    const markup = await visit.page.content()
    expect(markup).toContain(id)
    expect(markup).toContain(`${secret.slice(0, 4)}•`)
    expect(markup).not.toContain(secret.slice(0, 8))
    expect(markup).not.toContain(secret.slice(8))
    expect(await visit.page.evaluate(() => document.cookie)).toBe('')
  })

  test('Renewing changes id and secret and keeps who is signed in and the values', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    await visit.setValue('note', 'kept')
    const [id, cookie] = [await visit.sessionId(), (await visit.cookie(DAFFY, '__Host-sid')).value]
    await visit.press('Renew')
    await visit.sees('Renewed: new id')
    const renewed = (await visit.cookie(DAFFY, '__Host-sid')).value
    expect(await visit.sessionId()).not.toBe(id)
    expect(renewed.split('.')[0]).toBe(await visit.sessionId())
    expect(renewed.split('.')[1]).not.toBe(cookie.split('.')[1])
    expect(await visit.who()).toBe('ada')
    expect(await visit.page.getByTestId('value-note').textContent()).toBe('kept')
  })

  test('Signing an account out ends its sessions on both hosts', async () => {
    const visit = await begin()
    await visit.signIn('joan', DAFFY)
    await visit.signIn('joan', PORKY)
    await visit.press('Sign out this account')
    await visit.sees('All sessions of this account were ended')
    expect(await visit.who()).toBe('Nobody')
    await visit.open(DAFFY)
    expect(await visit.who()).toBe('Nobody')
  })
})

describe('shared hosts', () => {
  test('Signing in at app is seen at accounts, with the same session; signing out at accounts signs app out', async () => {
    const visit = await begin()
    await visit.signIn('grace', APP)
    const id = await visit.sessionId()
    await visit.open(ACCOUNTS)
    expect(await visit.who()).toBe('grace')
    expect(await visit.sessionId()).toBe(id)
    expect(await visit.page.getByTestId('handles').innerText()).toContain('.example.localhost')
    await visit.press('Sign out everywhere')
    await visit.sees('Signed out: the session ended')
    expect(await visit.who()).toBe('Nobody')
    await visit.open(APP)
    expect(await visit.who()).toBe('Nobody')
  })

  test('A page that is open at app hears at once that its session ended at accounts', async () => {
    const visit = await begin()
    await visit.signIn('grace', APP)
    await visit.isLive()
    const other = await visit.secondWindow()
    await other.open(ACCOUNTS)
    await other.press('Sign out here')
    await visit.sees('Something happened to this session')
    expect(await visit.page.getByTestId('log').innerText()).toContain('account.signed-out')
    await visit.page.getByRole('link', { name: 'Load the page again' }).click()
    expect(await visit.who()).toBe('Nobody')
  })
})

describe('the experiment', () => {
  test('It is refused between isolated hosts, says why, and the session stays as it was', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    const verdict = await visit.showCookieTo(PORKY)
    expect(verdict).toContain('Refused with Landbridge')
    expect(verdict).toContain('(wrong-host)')
    expect(verdict).toContain('"signedInAs":null')
    expect(verdict).toContain('the same cookie still opens it')
    expect(await visit.who()).toBe('ada')
    expect(await visit.newestLog()).toContain('wrong-host')
  })

  test('It is refused from a shared host at an isolated one', async () => {
    const visit = await begin()
    await visit.signIn('grace', APP)
    expect(await visit.showCookieTo(DAFFY)).toContain('(wrong-host)')
  })

  test('It is accepted between hosts that share a session', async () => {
    const visit = await begin()
    await visit.signIn('grace', APP)
    const verdict = await visit.showCookieTo(ACCOUNTS)
    expect(verdict).toContain('Accepted with Landbridge')
    expect(verdict).toContain('"signedInAs":"grace"')
  })

  test('With express-session the same experiment shows the hole, without showing the cookie', async () => {
    const visit = await begin()
    await visit.withExpressSession(async () => {
      await visit.signIn('ada', DAFFY)
      const verdict = await visit.showCookieTo(PORKY)
      expect(verdict).toContain('The hole with express-session')
      expect(verdict).toContain('"signedInAs":"ada"')
      const cookie = decodeURIComponent((await visit.cookie(DAFFY, 'connect.sid')).value)
      const [id = '', signature = ''] = cookie.slice(2).split('.')
      const markup = await visit.page.content()
      expect(markup).toContain(`${id.slice(0, 4)}•`)
      for (const secret of [id, signature]) {
        expect(markup).not.toContain(secret.slice(0, 8))
        expect(markup).not.toContain(secret.slice(8))
      }
      await visit.open(PORKY)
      expect(await visit.page.getByRole('heading', { name: 'Default framework is on' }).isVisible()).toBe(true)
      expect(await visit.who()).toBe('Nobody')
    })
  })

  test('A result is shown on the host that ran it and nowhere else', async () => {
    const visit = await begin()
    await visit.signIn('ada', DAFFY)
    await visit.showCookieTo(PORKY)
    const { search } = new URL(visit.page.url())
    await visit.page.goto(visit.server.url(PORKY, `/${search}`))
    expect(await visit.page.getByTestId('verdict').count()).toBe(0)
  })
})

describe('values', () => {
  test('A value is set, lasts, and is removed', async () => {
    const visit = await begin()
    await visit.open(DAFFY)
    await visit.setValue('theme', 'dark')
    await visit.setValue('note', 'remember the milk')
    await visit.page.reload()
    expect(await visit.page.getByTestId('value-theme').textContent()).toBe('dark')
    await visit.press('Remove theme')
    await visit.sees('The value is removed.')
    expect(await visit.page.getByTestId('value-theme').count()).toBe(0)
    expect(await visit.page.getByTestId('value-note').textContent()).toBe('remember the milk')
  })

  test('Markup in a name or a value is shown as text, on the page and in the log', async () => {
    const visit = await begin()
    const markup = `<img src=x onerror="document.title='pwned'">&lt;'"`
    await visit.signIn(markup, DAFFY)
    await visit.setValue('note', markup)
    expect(await visit.who()).toBe(markup)
    expect(await visit.page.getByTestId('value-note').textContent()).toBe(markup)
    await visit.press('Renew')
    await visit.sees('Renewed: new id')
    const log = visit.page.getByTestId('log')
    expect(await log.innerText()).toContain(markup)
    await visit.isLive()
    const other = await visit.secondWindow()
    await other.open(DAFFY)
    await other.press('Sign out here')
    await log.getByText(`${markup} signed out.`).waitFor()
    expect(await visit.page.locator('img').count()).toBe(0)
    expect(await visit.page.title()).toBe(`${DAFFY} · Landbridge playground`)
  })
})
