import { parseCookie } from 'cookie'
import fc from 'fast-check'
import { Cookie, CookieJar, PrefixSecurityEnum } from 'tough-cookie'
import { describe, expect, test } from 'vitest'
import { clearCookie, clearStrayCookies, cookieValues, setCookie } from '../../packages/landbridge/src/core/cookie.ts'

const NAME = '__Host-sid'
const token = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019!#$&*+.^_`|~-')), minLength: 1, maxLength: 12 })
const octets = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019!#$%&()*+-./:<=>?@[]^_`{|}~')), maxLength: 20 })
const mix = fc.string({ unit: fc.constantFrom(...Array.from(`;= \t"\\,%\u00a0\u00e9`), 'a', 'A', NAME, `${NAME}=`), maxLength: 40 })

describe('reading the Cookie header', () => {
  test('agrees with the cookie package on headers that browsers send', () => {
    const header = fc.array(fc.tuple(token, octets), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(header, (pairs) => {
        const text = pairs.map(([name, value]) => `${name}=${value}`).join('; ')
        const oracle = parseCookie(text, { decode: (value) => value })
        for (const [name] of pairs) expect(cookieValues(text, name)[0]).toBe(oracle[name])
      }),
    )
  })

  test('finds every value that a jar of tough-cookie sends under one name, the most particular path first', async () => {
    const path = fc.constantFrom('/', '/a', '/a/', '/a/b')
    const cookies = fc.array(fc.tuple(path, fc.constantFrom(undefined, 'example.com', 'app.example.com'), octets), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(cookies, async (given) => {
        const jar = new CookieJar()
        const url = 'https://app.example.com/a/b'
        for (const [where, domain, value] of given) {
          await jar.setCookie(`sid=${value}; Path=${where}${domain ? `; Domain=${domain}` : ''}`, url)
        }
        const held = (await jar.getCookies(url)).map((each) => each.value)
        expect(cookieValues(await jar.getCookieString(url), 'sid')).toEqual([...new Set(held)])
      }),
    )
  })

  test('splits at semicolons, strips spaces and tabs only, and compares bytes, in any text', () => {
    fc.assert(
      fc.property(mix, fc.constantFrom(NAME, 'a'), (text, name) => {
        const strip = (part: string) => part.replace(/^[ \t]+|[ \t]+$/g, '')
        const parts = text.split(';').map(strip)
        const model = parts.filter((part) => part.startsWith(`${name}=`)).map((part) => strip(part.slice(name.length + 1)))
        expect(cookieValues(text, name)).toEqual([...new Set(model)])
      }),
    )
  })

  // On purpose unlike Django, which takes the last of several (58), and unlike parsers that decode, unquote or trim Unicode spaces.
  test.each<[string, string, string[]]>([
    ['no percent-decoding of values', `${NAME}=%41`, ['%41']],
    ['no percent-decoding of names', '__Host%2Dsid=x', []],
    ['quotes are part of the value', `${NAME}="x"`, ['"x"']],
    ['a semicolon splits within quotes too (57)', `${NAME}="x;y"`, ['"x']],
    ['another case is another name', '__host-sid=x; __HOST-SID=y', []],
    ['a Unicode space is part of the name', `\u00a0${NAME}=x; ${NAME}\u00a0=y`, []],
    ['a space before the equals sign is part of the name', `${NAME} =x`, []],
    ['a nameless cookie stays nameless', `=${NAME}=x`, []],
    ['a cookie without an equals sign is a value without a name, and harms no other (59)', `${NAME}; ${NAME}=x; junk`, ['x']],
    ['an empty value is a value', `${NAME}=`, ['']],
    ['every distinct duplicate is found, in the order sent (58)', `${NAME}=1; ${NAME}=2; ${NAME}=1`, ['1', '2']],
    ['equals signs belong to the value (60)', `${NAME}=a=b==`, ['a=b==']],
    ['bad neighbours harm nothing (60)', `=; ;;; \u00e9=1; a=b;${NAME}=x;\t`, ['x']],
    ['attributes and $Version are cookies like any other (61)', `$Version=1; Domain=x; Path=/; ${NAME}=x`, ['x']],
    ['a name that ends the same is another', `x${NAME}=1; ${NAME}x=2`, []],
    ['an empty header holds nothing', '', []],
  ])('%s', (_why, header, values) => {
    expect(cookieValues(header, NAME)).toEqual(values)
  })

  test('names of prototypes are names', () => {
    expect(cookieValues('__proto__=1; constructor=2', '__proto__')).toEqual(['1'])
    expect(cookieValues('a=1', 'constructor')).toEqual([])
  })

  test('a hostile header of a megabyte costs a bounded time and yields at most 200 values', () => {
    const start = performance.now()
    const many = Array.from({ length: 50_000 }, (_, i) => `${NAME}=${i}`).join(';')
    expect(cookieValues(many, NAME)).toHaveLength(200)
    for (const unit of [`${NAME}=`, `${NAME};`, ';', ' ', '=', `${NAME}=x;`]) cookieValues(unit.repeat(1e6 / unit.length), NAME)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

const label = fc.constantFrom('a', 'app', 'b1')
const isolated = { name: NAME, domain: null, sameSite: 'Lax' } as const
const shared = { name: '__Secure-sid', domain: 'example.com', sameSite: 'Lax' } as const
const strictJar = () => new CookieJar(null, { prefixSecurity: PrefixSecurityEnum.STRICT })

describe('writing Set-Cookie', () => {
  test('says to tough-cookie exactly what is meant', () => {
    expect(setCookie(isolated, 'x.y')).toBe('__Host-sid=x.y; Path=/; Secure; HttpOnly; SameSite=Lax')
    for (const shape of [isolated, shared]) {
      const { key, value, path, domain, secure, httpOnly, sameSite, maxAge, expires, extensions } = Cookie.parse(setCookie(shape, 'x.y'))!
      const meant = { key: shape.name, value: 'x.y', path: '/', domain: shape.domain, secure: true, httpOnly: true, sameSite: 'lax' }
      expect({ key, value, path, domain, secure, httpOnly, sameSite }).toEqual(meant)
      expect({ maxAge, expires, extensions }).toEqual({ maxAge: null, expires: 'Infinity', extensions: null })
    }
  })

  test('keeps the rules of the prefixes, and clearing removes exactly that cookie', async () => {
    const url = 'https://app.example.com/some/page'
    for (const shape of [isolated, shared]) {
      const jar = strictJar()
      await jar.setCookie('other=1', url)
      await jar.setCookie(setCookie(shape, 'x'), url)
      expect(await jar.getCookieString(url)).toContain(`${shape.name}=x`)
      expect(await jar.getCookieString('https://evil.example.com/')).toBe(shape.domain === null ? '' : `${shape.name}=x`)
      expect(await jar.getCookieString('http://app.example.com/')).not.toContain(shape.name)
      await jar.setCookie(clearCookie(shape), url)
      expect(await jar.getCookieString(url)).toBe('other=1')
    }
  })
})

describe('clearing strays', () => {
  const segments = fc.array(fc.constantFrom('x', 'y-z'), { maxLength: 2 })
  const page = fc.tuple(segments, fc.boolean()).map(([parts, slash]) => `/${parts.join('/')}${slash && parts.length > 0 ? '/' : ''}`)

  test('removes whatever a browser could have stored for the page, and never the right cookie', async () => {
    const shapes = fc.constantFrom(shared, { ...shared, name: 'sid', domain: null })
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.array(label, { minLength: 1, maxLength: 1 }),
        page,
        fc.nat(),
        fc.nat(),
        async (shape, labels, path, i, k) => {
          const host = [...labels, 'example.com'].join('.')
          const url = `https://${host}${path}`
          const domains = [null, ...labels.map((_, at) => [...labels.slice(at), 'example.com'].join('.')), 'example.com']
          const parts = path.split('/').filter((part) => part !== '')
          const prefixes = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
          const paths = ['/', path, ...prefixes, ...prefixes.slice(0, -1).map((each) => `${each}/`)]
          const stray = { ...shape, domain: domains[i % domains.length]! }
          const at = paths[k % paths.length]!
          // tough-cookie cannot tell a host-only cookie from one with Domain=host, as browsers can.
          const same = (domain: string | null) => domain === shape.domain || (shape.domain === null && domain === host)
          fc.pre(at !== '/' || !same(stray.domain))

          const jar = new CookieJar()
          await jar.setCookie(setCookie(shape, 'right'), url)
          await jar.setCookie(setCookie(stray, 'stray').replace('Path=/', `Path=${at}`), url)
          expect(await jar.getCookies(url)).toHaveLength(2)
          const cleared = clearStrayCookies(shape, host, path)
          const twin = clearCookie({ ...shape, domain: host })
          for (const line of cleared) if (shape.domain !== null || line !== twin) await jar.setCookie(line, url)
          expect(await jar.getCookieString(url)).toBe(`${shape.name}=right`)
          expect(cleared.length).toBeLessThanOrEqual(16)
        },
      ),
    )
  })

  test('sends at most 16 headers of bounded length, at once, for any path and host', () => {
    const paths = ['/a'.repeat(500_000), '/'.repeat(1e6), `/${'a'.repeat(1e6)}`, '/a;b', '/\r\nSet-Cookie: x=y', '*', '', '/é']
    const start = performance.now()
    for (const path of paths) {
      for (const host of ['example.com', 'a.b.c.d.e.f.example.com', 'localhost', '127.0.0.1', '[::1]']) {
        const lines = clearStrayCookies(shared, host, path)
        expect(lines.length).toBeLessThanOrEqual(16)
        for (const line of lines) {
          expect(line.length).toBeLessThan(1300)
          expect(line).toMatch(/^__Secure-sid=; Path=\/[\x21-\x3a\x3c-\x7e]*;[ -~]+$/)
        }
        expect(lines).not.toContain(clearCookie(shared))
      }
    }
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('names the host without its port: cookies know none', () => {
    const port = clearStrayCookies(isolated, 'app.example.com:8443', '/')
    expect(port).toEqual(clearStrayCookies(isolated, 'app.example.com', '/'))
    expect(port.join()).toContain('Domain=example.com;')
    for (const host of ['127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:8080']) expect(clearStrayCookies(isolated, host, '/')).toEqual([])
  })
})
