// Nobody out there sends `landbridge scan` into the network that it runs in, whatever addresses their names have.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { spaceOf } from '../../packages/landbridge/src/cli/scan/space.ts'
import { folder, moduleOf, scanned } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

/** An address of this machine that others reach it by. */
const OUTER = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && spaceOf(each.address) > 0)?.address

/** A resolver in which names below outer.test have that address, and those below inner.outer.test that of the loopback. */
function resolver(): Record<string, string> {
  const file = join(folder(), 'resolver.mjs')
  writeFileSync(
    file,
    `import dns from 'node:dns'
    import { syncBuiltinESMExports } from 'node:module'
    const real = dns.lookup
    let asked = 0
    dns.lookup = (name, options, found) => {
      if (!name.endsWith('outer.test')) return real(name, options, found)
      const isInner = name.startsWith('inner.') || (name.startsWith('turning.') && ++asked > 1)
      const address = isInner ? '127.0.0.1' : ${JSON.stringify(OUTER)}
      return options.all ? found(null, [{ address, family: 4 }]) : found(null, address, 4)
    }
    syncBuiltinESMExports()`,
  )
  return { NODE_OPTIONS: `--import=${file}` }
}

async function start(answer: (host: string, path: string, port: number) => string | null): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    const host = request.headers.host!.replace(/:.*/, '')
    asked.push(`${host} ${request.url}`)
    const location = answer(host, request.url!, port)
    if (location !== null) response.writeHead(302, { location })
    response.end('hello')
  }).listen(0, '0.0.0.0')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, asked }
}

describe.skipIf(OUTER === undefined)('A redirect from an address further out', () => {
  const toInner = (host: string, path: string, port: number) =>
    host === 'www.outer.test' && path !== '/quiet' ? `http://inner.outer.test:${port}/secret` : null

  test('to a name of the same site that has an address further in is told, and not followed: 2', async () => {
    const site = await start(toInner)
    const report = await scanned([`http://www.outer.test:${site.port}/`], resolver())
    expect(report.code).toBe(2)
    expect(report.hosts[0]!.problem).toMatch(/redirects to inner\.outer\.test:\d+, which has an address within this network/)
    expect(site.asked).toEqual(['www.outer.test /'])
  })

  test('is followed to a host that was named', async () => {
    const site = await start(toInner)
    const urls = ['www', 'inner'].map((each) => `http://${each}.outer.test:${site.port}/`)
    const report = await scanned(urls, resolver())
    expect(report.hosts.map(({ problem }) => problem)).toEqual([null, null])
    expect(site.asked).toContain('inner.outer.test /secret')
  })

  test('to its own name is not followed, once that has an address further in', async () => {
    const site = await start((_, path) => (path === '/' ? '/secret' : null))
    const report = await scanned([`http://turning.outer.test:${site.port}/`], resolver())
    expect([report.code, site.asked]).toEqual([2, ['turning.outer.test /']])
  })

  test('is not followed for a login module either', async () => {
    const site = await start(toInner)
    const login = moduleOf(`export default async ({ request }) => { await request('/') }`)
    const report = await scanned([`http://www.outer.test:${site.port}/quiet`, '--login', login, '--yes'], resolver())
    expect(report.problems.join(' ')).toContain('a host that it asked has an address within this network')
    expect(site.asked).toEqual(['www.outer.test /quiet', 'www.outer.test /'])
  })
})

test.each([
  ['127.0.0.1', 0],
  ['127.9.9.9', 0],
  ['0.0.0.0', 0],
  ['::1', 0],
  ['::', 0],
  ['::ffff:127.0.0.1', 0],
  ['10.1.2.3', 1],
  ['172.31.255.255', 1],
  ['172.32.0.0', 2],
  ['192.168.0.1', 1],
  ['169.254.169.254', 1],
  ['::ffff:10.0.0.1', 1],
  ['100.64.0.1', 1],
  ['fd00::1', 1],
  ['fe80::1%eth0', 1],
  ['93.184.216.34', 2],
  ['2606:2800:220:1::1', 2],
])('%s is in space %i', (address, space) => {
  expect(spaceOf(address)).toBe(space)
})
