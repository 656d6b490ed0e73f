import { describe, expect, test } from 'vitest'
import type { NodeRequest } from '../../packages/landbridge/src/core/request.ts'
import { inbound } from '../../packages/landbridge/src/core/request.ts'

const node = (request: Partial<NodeRequest>) => inbound({ headers: {}, ...request }, undefined)
const web = (url: string, init?: RequestInit) => inbound(new Request(url, init), '10.0.0.1')

describe('a Web-standard request', () => {
  test('says its authority, scheme, path and headers', () => {
    const seen = web('https://App.example.com:8443/a/b?x=//y#z', { method: 'post', headers: { Origin: 'https://a.com' } })
    const { authority, encrypted, path, method, address } = seen
    expect({ authority, encrypted, path, method, address }).toEqual({
      authority: 'app.example.com:8443',
      encrypted: true,
      path: '/a/b',
      method: 'POST',
      address: '10.0.0.1',
    })
    expect([seen.header('origin'), seen.header('referer'), seen.header('constructor')]).toEqual(['https://a.com', undefined, undefined])
  })

  test.each(['http://[::1]:80/', 'http://a.com?x=/', 'http://a.com#/', 'http://a.com', 'https://a.com:443/x', 'http://bücher.example/'])(
    '%s has the authority that URL sees',
    (url) => {
      expect(web(url).authority).toBe(new URL(url).host)
    },
  )
})

describe('a request of Node', () => {
  test('says the same, on demand', () => {
    const seen = node({ method: 'PUT', url: '/a?b?c#d', headers: { host: 'a.com' }, socket: { remoteAddress: '::1', encrypted: true } })
    expect([seen.method, seen.authority, seen.path, seen.address, seen.encrypted]).toEqual(['PUT', 'a.com', '/a', '::1', true])
    const bare = node({})
    expect([bare.method, bare.authority, bare.path, bare.address, bare.encrypted]).toEqual(['GET', null, '/', undefined, false])
    expect(node({ socket: null }).address).toBe(undefined)
  })

  test('with several Host headers has no authority: a proxy may have routed by another than Node kept', () => {
    const headers = { host: 'a.com' }
    expect(node({ headers, rawHeaders: ['Host', 'a.com', 'HOST', 'b.com'] }).authority).toBe(null)
    expect(node({ headers, rawHeaders: ['Host', 'a.com', 'X', 'host'] }).authority).toBe('a.com')
  })

  test('of HTTP/2 has the :authority, unless a Host contradicts it', () => {
    expect(node({ headers: { ':authority': 'a.com' } }).authority).toBe('a.com')
    expect(node({ headers: { ':authority': 'a.com', host: 'A.com' } }).authority).toBe('A.com')
    expect(node({ headers: { ':authority': 'a.com', host: 'b.com' } }).authority).toBe(null)
  })

  test('joins repeated headers, so that several values never look like one', () => {
    expect(node({ headers: { 'x-forwarded-host': ['a.com', 'b.com'] } }).header('x-forwarded-host')).toBe('a.com, b.com')
  })

  test('with a header named get is still one of Node', () => {
    expect(node({ headers: { get: 'x', host: 'a.com' } }).authority).toBe('a.com')
  })
})

test.each([
  ['http://a.com/x/y?q', '/x/y'],
  ['https://a.com', '/'],
  ['HTTP://a.com?/x', '/'],
])('the path of the absolute target %s is %s', (url, path) => {
  expect(node({ url }).path).toBe(path)
})

test('a target of another scheme names a host as well', () => {
  expect(node({ url: 'ws://b.com/', headers: { host: 'a.com' } }).authority).toBeNull()
  expect(node({ url: 'ws://a.com/', headers: { host: 'a.com' } }).authority).toBe('a.com')
})
