/** Attack 39: public suffix as a cookie domain (`.co.uk`, `.github.io`), `localhost`, an IP: refused at start-up with a code. */
import type { LandbridgeError } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'

function faultOf(domain: unknown): string | undefined {
  try {
    void createSessions({ topology: { kind: 'shared', domain: domain as string }, store: memory() }).close()
    return undefined
  } catch (error) {
    const { code, faults } = error as LandbridgeError
    expect(code).toBe('ERR_CONFIG_INVALID')
    expect(faults.map(({ path }) => path)).toEqual(['topology.domain'])
    expect(faults[0]!.hint).not.toBe('')
    return faults[0]!.code
  }
}

test.each([
  '.com',
  '.uk',
  '.co.uk',
  '.CO.UK',
  '.co.uk.',
  '.github.io',
  '.vercel.app',
  '.s3.amazonaws.com',
  '.foo.ck',
  '.公司.cn',
  '.xn--55qx5d.cn',
  '.localhost',
  '.internal',
  '.test',
])('%s is a public suffix', (domain) => {
  expect(faultOf(domain)).toBe('domain-is-public-suffix')
})

test.each(['.127.0.0.1', '.10.0.0.1', '.[::1]', '.[2001:db8::1]'])('%s is an address', (domain) => {
  expect(faultOf(domain)).toBe('domain-is-address')
})

test.each([
  'example.com',
  '..example.com',
  '.',
  '',
  '.example.com:8080',
  '.exam ple.com',
  '.example.com/x',
  '.*.example.com',
  '.user@example.com',
  '.127.1',
  '.0x7f.0.0.1',
  '.example.com;',
  undefined,
  null,
  7,
])('%j is no domain', (domain) => {
  expect(faultOf(domain)).toBe('domain-invalid')
})

test.each(['.example.com', '.example.co.uk', '.Example.COM', '.elmer.github.io', '.example.localhost', '.bücher.de', '.www.ck'])(
  '%s is a domain of one owner',
  (domain) => {
    expect(faultOf(domain)).toBeUndefined()
  },
)
