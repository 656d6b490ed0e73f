// The list of browsers in every framework: what each mount answers, over real servers.
import { describe, expect, test } from 'vitest'
import type { Answer } from '../support/client.ts'
import { HTML, JSON_ONLY, MOUNTS, mounted, PATH } from './mounted.ts'

const MINUTE = 60_000

describe.each(MOUNTS)('$name', (mount) => {
  test('the page lists the browsers of the account, and the same address lists them as JSON', async () => {
    const { visitor, clock } = await mounted(mount)
    const [laptop, phone] = [visitor(), visitor('fudd.acme.localhost')]
    await laptop.signIn('ada?remember')
    clock.advance(3 * 60 * MINUTE)
    await phone.signIn('ada')
    const answer = await phone.get(HTML)
    expect([answer.status, answer.header('content-type'), answer.header('cache-control'), answer.header('x-content-type-options')]).toEqual(
      [200, 'text/html; charset=utf-8', 'private, no-store', 'nosniff'],
    )
    expect(answer.header('vary')!.split(/, ?/)).toEqual(expect.arrayContaining(['Accept', 'Cookie']))
    expect(answer.header('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; frame-ancestors 'none'; base-uri 'none'$/,
    )
    const text = (await answer.text())
      .replaceAll(/<style>.*<\/style>/gs, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
    expect(text).toContain('Firefox 140 on Linux This browser Signed in now Last seen now Hosts fudd.acme.localhost Sign out')
    expect(text).toContain('Stays signed in Signed in 3 hours ago Last seen 3 hours ago Hosts elmer.acme.localhost Sign out')
    expect(await phone.list()).toEqual([
      expect.objectContaining({ current: true, remembered: false, scopes: ['fudd.acme.localhost'] }),
      expect.objectContaining({ current: false, remembered: true, scopes: ['elmer.acme.localhost'] }),
    ])
  })

  test('a form of the page signs one browser out, by its address alone, and leads back to the page', async () => {
    const { visitor } = await mounted(mount)
    const [laptop, phone] = [visitor(), visitor()]
    await laptop.signIn('ada')
    await phone.signIn('ada')
    const page = await (await laptop.get(HTML)).text()
    const actions = [...page.matchAll(/action="([^"]+)"/g)].map(([, action]) => action!)
    const other = (await laptop.list()).find(({ current }) => !current)!
    expect(actions).toContain(`?end=${other.id}`)
    // As browsers send a form without fields.
    const answer = await laptop.post(`end=${other.id}`, HTML, {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': '0',
    })
    expect([answer.status, new URL(answer.header('location')!, `http://h${PATH}?end=x`).href]).toEqual([303, `http://h${PATH}`])
    expect(await laptop.list()).toHaveLength(1)
    expect((await phone.get(HTML)).status).toBe(401)
  })

  test('the forms work in a browser that does not say where they are from, and not without their token', async () => {
    const { visitor } = await mounted(mount)
    const [own, other] = [visitor(), visitor()]
    await own.signIn('ada')
    await other.signIn('ada')
    own.old = true
    const [, token] = /<input type="hidden" name="_csrf" value="([^"]+)">/.exec(await (await own.get(HTML)).text())!
    const send = (body: string): Promise<Answer> =>
      own.ask(`${PATH}?end=others`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })
    expect((await send('')).status).toBe(403)
    expect((await send(`_csrf=${token}`)).status).toBe(303)
    expect((await other.get(HTML)).status).toBe(401)
  })

  test('a program gets JSON for what it ends, whatever body it sends', async () => {
    const { visitor } = await mounted(mount)
    const visitors = Array.from({ length: 3 }, () => visitor())
    for (const each of visitors) await each.signIn('ada')
    const [own] = visitors
    const answer = await own!.ask(`${PATH}?end=others`, {
      method: 'POST',
      headers: { accept: JSON_ONLY, 'content-type': 'application/json' },
      body: '{"any":"body"}',
    })
    expect([answer.status, JSON.parse(await answer.text()), answer.setCookies]).toEqual([200, { ended: 2 }, []])
    expect(JSON.parse(await (await own!.post(`end=${'x'.repeat(22)}`, JSON_ONLY)).text())).toEqual({ ended: 0 })
    const last = await own!.post('end=all', JSON_ONLY)
    expect([JSON.parse(await last.text()), last.setCookies]).toEqual([{ ended: 1 }, [expect.stringContaining('Max-Age=0')]])
    expect((await own!.get(JSON_ONLY)).status).toBe(401)
  })

  test('who signs himself out goes where the application says', async () => {
    const { visitor } = await mounted(mount, { afterSignOut: '/bye' })
    const own = visitor()
    await own.signIn('ada')
    const [{ id } = { id: '' }] = await own.list()
    const answer = await own.post(`end=${id}`)
    expect([answer.status, answer.header('location'), answer.setCookies]).toEqual([303, '/bye', [expect.stringContaining('Max-Age=0')]])
    await own.signIn('ada')
    expect((await own.post('end=all')).header('location')).toBe('/bye')
  })

  test('a visitor who is not signed in is told so, or led to the sign-in page', async () => {
    const nobody = (await mounted(mount)).visitor()
    expect((await nobody.get(HTML)).status).toBe(401)
    expect(JSON.parse(await (await nobody.get(JSON_ONLY)).text())).toEqual({ error: 'not-signed-in' })
    expect((await nobody.post('end=all')).status).toBe(401)
    const led = (await mounted(mount, { signIn: '/login?to=/account/devices' })).visitor()
    const answer = await led.get(HTML)
    expect([answer.status, answer.header('location')]).toEqual([303, '/login?to=/account/devices'])
    expect((await led.get(JSON_ONLY)).status).toBe(401)
  })

  test('HEAD says what GET says and no more, other methods get 405, and paths below are not of the list', async () => {
    const { visitor } = await mounted(mount)
    const own = visitor()
    await own.signIn('ada')
    const head = await own.ask(PATH, { method: 'HEAD' })
    expect([head.status, head.header('content-type'), await head.text()]).toEqual([200, 'text/html; charset=utf-8', ''])
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const answer = await own.ask(PATH, { method })
      expect([answer.status, answer.header('allow')]).toEqual([405, 'GET, HEAD, POST'])
    }
    for (const path of [`${PATH}/end-all`, `${PATH}/%2e%2e%2fx`, `${PATH}x`]) {
      expect(await (await own.get(HTML, path)).text()).toBe('a page of the application')
    }
    expect(await own.list()).toHaveLength(1)
  })

  test('a post from another site ends nothing', async () => {
    const { visitor } = await mounted(mount)
    const [own, other] = [visitor(), visitor()]
    await own.signIn('ada')
    await other.signIn('ada')
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'http://fudd.acme.localhost' },
    ])
      for (const what of ['all', 'others', (await own.list())[0]!.id])
        expect((await own.post(`end=${what}`, HTML, headers)).status).toBe(403)
    // Nor does a link or a picture.
    await own.get(HTML, `${PATH}?end=all`)
    expect(await own.list()).toHaveLength(2)
  })
})
