// The client under a strict Content-Security-Policy, as a module and as a script tag; and with options.
import { describe, expect, test } from 'vitest'
import type { Visitor } from './site.ts'
import { ELMER, HUB, visiting, who } from './site.ts'

const strict = (visitor: Visitor): string => {
  const hub = visitor.site.url(HUB)
  return `default-src 'none'; script-src 'self'; connect-src 'self' ${hub}; frame-src ${hub}; require-trusted-types-for 'script'`
}

describe('under a strict policy', () => {
  const visit = visiting()

  test.each(['module', 'classic'])('the %s script works, and nothing of it is blocked', async (script) => {
    const visitor = await visit()
    const elmer = await visitor.tab(ELMER, { script, csp: strict(visitor) })
    await visitor.signIn('ada')
    expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
    expect((await elmer.evaluate(() => landbridge.accounts())).accounts).toMatchObject([{ id: 'ada' }])
    expect(await elmer.evaluate(() => landbridge.signOut())).toBe(true)
    expect(await who(elmer)).toBe(null)
    expect(elmer.complaints).toEqual([])
  })
})

describe('where frames have to say who may hold them', () => {
  const visit = visiting()

  test.each(['connect-src *', "connect-src 'self'"])('connect works with %s', async (csp) => {
    const visitor = await visit()
    const elmer = await visitor.tab(ELMER, { csp, coep: 'require-corp' })
    await visitor.signIn('ada')
    expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
    expect(await who(elmer)).toBe('ada')
  })
})

describe('with another base path', () => {
  const visit = visiting({ basePath: '/auth/' })

  test.each([
    ['module', ''],
    ['classic', 'data-base-path="/auth/"'],
  ])('the %s script finds its host', async (script, options) => {
    const visitor = await visit()
    const elmer = await visitor.tab(ELMER, { script, options })
    await visitor.signIn('ada')
    expect(await elmer.evaluate((basePath) => landbridge.connect(basePath), options ? {} : { basePath: '/auth/' })).toBe(true)
    expect(await who(elmer)).toBe('ada')
  })

  test('a base element of the page does not lead requests away', async () => {
    const visitor = await visit()
    const elmer = await visitor.tab(ELMER, { options: 'data-base-path="/auth/"', body: '<base href="http://elsewhere.localhost/">' })
    await visitor.signIn('ada')
    expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
  })

  test('a base path that is none is refused', async () => {
    const elmer = await (await visit()).tab(ELMER)
    const thrown = await elmer.evaluate(() =>
      ['@evil.example/', 'auth/', '/auth'].map((basePath) => {
        try {
          landbridge.configure({ basePath })
          return 'taken'
        } catch (error) {
          return (error as Error).name
        }
      }),
    )
    expect(thrown).toEqual(['TypeError', 'TypeError', 'TypeError'])
  })
})
