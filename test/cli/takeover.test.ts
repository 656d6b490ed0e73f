// Aliases that lead nowhere, read from a real DNS server; what a server that hangs, fails or lies costs is time, and never a wrong verdict.
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readName } from '../../packages/landbridge/src/cli/scan/dns-names.ts'
import { serviceOf } from '../../packages/landbridge/src/cli/scan/services.ts'
import type { TakeoverOptions } from '../../packages/landbridge/src/cli/scan/takeover.ts'
import { findDangling } from '../../packages/landbridge/src/cli/scan/takeover.ts'
import type { Zone } from '../support/dns-server.ts'
import { startDns } from '../support/dns-server.ts'

const HOST = 'shop.acme.com'

async function dns(names: Readonly<Record<string, Zone>>, otherwise?: Zone) {
  const server = await startDns({ com: { ns: 'a.gtld-servers.net' }, 'azurewebsites.net': { ns: 'ns1.azure.com' }, ...names }, otherwise)
  onTestFinished(() => server.stop())
  const look = (hosts: readonly string[] = [HOST], options: Partial<TakeoverOptions> = {}) =>
    findDangling(hosts, { signal: new AbortController().signal, servers: [server.address], queryMs: 250, ...options })
  return { server, look }
}

/** What is found of one host that is an alias: `[level, message]`. */
async function verdict(names: Readonly<Record<string, Zone>>): Promise<unknown> {
  const { look } = await dns(names)
  const { findings, problems } = await look()
  expect(problems).toEqual([])
  return findings.map(({ level, message }) => [level, message])
}

describe('The end of an alias', () => {
  test('that exists is nothing to tell, over however many aliases', async () => {
    const names = { [HOST]: { cname: 'a.cdn.net' }, 'a.cdn.net': { cname: 'b.cdn.net' }, 'b.cdn.net': { a: '192.0.2.1' } }
    expect(await verdict(names)).toEqual([])
  })

  test('without an alias there is nothing to tell, whether or not the host exists', async () => {
    const { look, server } = await dns({ 'www.acme.com': { a: '192.0.2.1' } })
    expect(await look([HOST, 'www.acme.com'])).toEqual({ findings: [], problems: [] })
    expect(server.questions).toEqual(expect.arrayContaining([`CNAME ${HOST}`, 'CNAME www.acme.com']))
  })

  test('at a service whose names are chosen, and does not exist: a fault that says what to do and how it is known', async () => {
    const { look } = await dns({
      [HOST]: { cname: 'WWW.acme.com' },
      'www.acme.com': { cname: 'gone.azurewebsites.net' },
    })
    expect(await look()).toEqual({
      findings: [
        {
          check: 'dangling-cname',
          level: 'fault',
          where: HOST,
          message: `${HOST} is an alias of gone.azurewebsites.net, a name at Azure App Service that nobody has: anybody can claim it, and owns the host then.`,
          fix: `Remove the CNAME record of ${HOST}, or claim gone.azurewebsites.net at Azure App Service.`,
          evidence: [
            `${HOST} is an alias (CNAME) of www.acme.com`,
            'www.acme.com is an alias (CNAME) of gone.azurewebsites.net',
            'gone.azurewebsites.net does not exist (NXDOMAIN)',
          ],
        },
      ],
      problems: [],
    })
  })

  test('at a service that gives names out itself, and does not exist: a warning', async () => {
    expect(await verdict({ [HOST]: { cname: 'd111111abcdef8.cloudfront.net' } })).toEqual([
      ['warning', expect.stringContaining('a name at Amazon CloudFront that leads nowhere')],
    ])
  })

  test('at a service, and exists without an address: a warning', async () => {
    expect(await verdict({ [HOST]: { cname: 'acme.azurewebsites.net' }, 'acme.azurewebsites.net': 'NODATA' })).toEqual([
      ['warning', expect.stringContaining('a name at Azure App Service that leads nowhere')],
    ])
  })

  test('at a service where every name resolves: a note, for DNS cannot tell', async () => {
    expect(await verdict({ [HOST]: { cname: 'acme.github.io' }, 'acme.github.io': { a: '192.0.2.1' } })).toEqual([
      ['note', expect.stringContaining('a name at GitHub Pages. Names there resolve whether or not somebody has them')],
    ])
  })

  test('below a domain that nobody has registered: a fault', async () => {
    expect(await verdict({ [HOST]: { cname: 'www.bought-long-ago.com' } })).toEqual([
      [
        'fault',
        `${HOST} is an alias of www.bought-long-ago.com, and nobody has registered bought-long-ago.com: whoever does owns ${HOST}.`,
      ],
    ])
  })

  test('below a domain that somebody has registered: a warning', async () => {
    expect(await verdict({ [HOST]: { cname: 'gone.agency.com' }, 'agency.com': { ns: 'ns.agency.com' } })).toEqual([
      ['warning', expect.stringContaining('a name in somebody else’s domain that does not exist')],
    ])
  })

  test('below the same domain: a note, nobody else can make it', async () => {
    expect(await verdict({ [HOST]: { cname: 'old.acme.com' } })).toEqual([
      ['note', expect.stringContaining('a name of the same domain that does not exist')],
    ])
  })

  test('under a suffix that nobody sells is not called unregistered', async () => {
    expect(await verdict({ [HOST]: { cname: 'shop.cluster.internal' }, internal: { ns: 'ns.internal' } })).toEqual([
      ['warning', expect.stringContaining('somebody else’s domain')],
    ])
  })
})

describe('A server that does not tell the truth', () => {
  test('is not believed that a domain is free, or a name at a service, when it knows no names at all', async () => {
    const { look } = await dns({
      [HOST]: { cname: 'www.bought-long-ago.com' },
      'blog.acme.com': { cname: 'gone.azurewebsites.net' },
      com: 'NXDOMAIN',
      'azurewebsites.net': 'NXDOMAIN',
    })
    const { findings } = await look([HOST, 'blog.acme.com'])
    expect(findings.map(({ level }) => level)).toEqual(['warning', 'warning'])
  })

  test('and knows no names at all is named, where no host can be found', async () => {
    const { look } = await dns({ com: 'NXDOMAIN' })
    expect(await look([HOST, 'blog.acme.com', 'only-here.internal'])).toEqual({
      findings: [],
      problems: ['The resolver of this machine knows no public names, so that aliases could not be read.'],
    })
  })

  test('and answers for names that do not exist is named', async () => {
    const { look } = await dns({ [HOST]: { cname: 'gone.agency.com' } }, { a: '192.0.2.99' })
    expect(await look()).toEqual({ findings: [], problems: [expect.stringContaining('answers for names that do not exist')] })
  })

  test.for<[Zone, RegExp]>([
    ['SERVFAIL', /its servers failed \(SERVFAIL\)/],
    ['REFUSED', /refused the question/],
    ['SILENCE', /no answer in time/],
    ['GARBAGE', /could not be read/],
    ['STRANGER', /no answer in time/],
    ['TRUNCATED', /could not be read/],
  ])('with %s it is a problem for that name alone', async ([answer, says]) => {
    const { look } = await dns({ [HOST]: { cname: 'a.agency.com' }, 'a.agency.com': answer, 'blog.acme.com': { cname: 'old.acme.com' } })
    const { findings, problems } = await look([HOST, 'blog.acme.com'])
    expect(problems).toEqual([expect.stringMatching(/The alias of a\.agency\.com could not be read/)])
    expect(problems[0]).toMatch(says)
    expect(findings.map(({ where }) => where)).toEqual(['blog.acme.com'])
  })

  test.each(['a b.com', 'x\u001b[31m.com', 'ü.com', 'x/y.com', '192.0.2.1', `${'long.'.repeat(40)}com`])('the alias %j', async (cname) => {
    const { look } = await dns({ [HOST]: { cname } })
    const { findings, problems } = await look()
    expect(JSON.stringify([findings, problems])).not.toContain('\\u001b')
    if (readName(cname) === null) expect([findings, problems.length]).toEqual([[], 1])
  })

  test.each([1, 2, 7])('a circle of %i names ends', async (length) => {
    const circle = Array.from({ length }, (_, i) => [`n${i}.acme.com`, { cname: `n${(i + 1) % length}.acme.com` }] as const)
    const { look, server } = await dns({ [HOST]: { cname: 'n0.acme.com' }, ...Object.fromEntries(circle) })
    expect(await look()).toEqual({ findings: [], problems: [expect.stringContaining(`The aliases of ${HOST} lead in a circle: `)] })
    expect(server.questions.length).toBeLessThanOrEqual(length + 1)
  })

  test('an endless chain ends', async () => {
    const chain = Array.from({ length: 100 }, (_, i) => [`n${i}.acme.com`, { cname: `n${i + 1}.acme.com` }] as const)
    const { look, server } = await dns({ [HOST]: { cname: 'n0.acme.com' }, ...Object.fromEntries(chain) })
    expect(await look()).toEqual({ findings: [], problems: [expect.stringContaining('more than 8 aliases')] })
    expect(server.questions.length).toBeLessThan(12)
  })
})

describe('Bounds', () => {
  const hosts = Array.from({ length: 200 }, (_, i) => `h${i}.acme.com`)

  test('a server that never answers is left when the time is over, and one sentence says of which hosts nothing is known', async () => {
    const { look } = await dns({}, 'SILENCE')
    const start = performance.now()
    const { findings, problems } = await look(hosts.slice(0, 50), { queryMs: 5000, totalMs: 300 })
    expect(performance.now() - start).toBeLessThan(3000)
    expect([findings, problems.length]).toEqual([[], 1])
    expect(problems[0]).toMatch(/The time for reading aliases was over: nothing is known of h0\.acme\.com, /)
  })

  test('what was found before it was stopped is told', async () => {
    const { look, server } = await dns({ [HOST]: { cname: 'old.acme.com' }, 'slow.acme.com': 'SILENCE' })
    const controller = new AbortController()
    const looking = look([HOST, 'slow.acme.com'], { signal: controller.signal, queryMs: 5000 })
    await expect.poll(() => server.questions).toContain('CNAME old.acme.com')
    // Both names of the alias have been answered when a question asked after them is.
    await look(['other.acme.com'])
    controller.abort()
    const { findings, problems } = await looking
    expect(findings.map(({ where }) => where)).toEqual([HOST])
    expect(problems).toEqual(['The time for reading aliases was over: nothing is known of slow.acme.com.'])
  })

  test('a stopped one asks nothing', async () => {
    const { look, server } = await dns({})
    const { problems } = await look([HOST], { signal: AbortSignal.abort() })
    expect([problems.length, server.questions]).toEqual([1, []])
  })

  test('of more than a hundred hosts the first hundred are asked for, and it says so', async () => {
    const { look, server } = await dns({})
    expect((await look(hosts)).problems).toEqual(['Only the aliases of the first 100 of 200 hosts were read.'])
    expect(new Set(server.questions.filter((each) => each.startsWith('CNAME'))).size).toBe(100)
  })

  test('each name is asked for once, however it is written, with a port too, and those of this machine are not', async () => {
    const { look, server } = await dns({})
    await look([HOST, 'SHOP.acme.com.', `${HOST}:8443`, 'localhost', 'a.localhost:4000', '192.0.2.1', '[::1]:80', 'not a host', ''])
    expect(server.questions).toEqual([`CNAME ${HOST}`, 'NS com'])
  })
})

const label = fc.stringMatching(/^[a-z0-9]{1,8}$/)

test('any text is a name or is not, and a name is read as itself', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.domain(),
        fc.array(label).map((labels) => labels.join('.')),
      ),
      (text) => {
        const name = readName(text)
        if (name === null) return
        expect(name).toMatch(/^[a-z0-9_.-]{1,253}$/)
        expect(name).not.toMatch(/^\.|\.\.|\.$|\.\d+$/)
        expect(readName(`${name.toUpperCase()}.`)).toBe(name)
      },
    ),
    { numRuns: 1000 },
  )
})

test.each([
  ['acme.github.io', 'GitHub Pages'],
  ['acme.azurewebsites.net', 'Azure App Service'],
  ['acme.westeurope.cloudapp.azure.com', 'Azure Cloud Services'],
  ['www.acme.com.s3.amazonaws.com', 'Amazon S3'],
  ['acme.s3-website-us-east-1.amazonaws.com', 'Amazon S3'],
  ['www.acme.com.s3-website.eu-central-1.amazonaws.com', 'Amazon S3'],
  ['acme.eu-west-1.elasticbeanstalk.com', 'AWS Elastic Beanstalk'],
  ['acme.global.ssl.fastly.net', 'Fastly'],
  ['www.acme.com.herokudns.com', 'Heroku'],
  ['github.io', undefined],
  ['acme.github.io.evil.com', undefined],
  ['acmegithub.io', undefined],
  ['a.b.herokuapp.com', undefined],
  ['s3.amazonaws.com', undefined],
])('%s belongs to %s', (name, service) => {
  expect(serviceOf(name)?.name).toBe(service)
})

test('a name belongs to a service only if it ends with a domain of that service, and quickly said whatever it is', () => {
  fc.assert(
    fc.property(
      fc.array(label, { minLength: 1, maxLength: 40 }),
      fc.constantFrom('github.io', 'fastly.net', 's3.amazonaws.com', 'acme.com'),
      (labels, end) => {
        const name = [...labels, end].join('.')
        const expected = { 'github.io': labels.length === 1, 'fastly.net': true, 's3.amazonaws.com': true, 'acme.com': false }[end]
        expect(serviceOf(name) !== null).toBe(expected)
        expect(serviceOf(`${name}.x`)).toBeNull()
      },
    ),
  )
})
