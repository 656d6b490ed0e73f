// The copy experiment of `landbridge scan`: the session cookie of one host is shown to another.
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, test, vi } from 'vitest'
import { makeSessions } from '../support/launch.ts'
import type { SiteOptions } from '../support/scanned-site.ts'
import { elmerAndAlice, signedInAt, startSite } from '../support/scanned-site.ts'
import { idsOf, KNOWN, moduleOf, name, outcomes, scanned, serve, signIn } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('The copy experiment, signed in', () => {
  test.each([false, true])('a session that is bound to its host is refused elsewhere (redirects: %j): 0', async (redirects) => {
    const site = await startSite({ redirects })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(report).toMatchObject({ code: 0, complete: true, problems: [], findings: [] })
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.experiments[0]).toMatchObject({ cookies: ['__Host-sid'], as: 'signed-in' })
  })

  test.each([false, true])('one that is good on every host is accepted, and that is a fault (redirects: %j): 1', async (redirects) => {
    const site = await startSite({ redirects, bound: false })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(report).toMatchObject({ code: 1, complete: true })
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect(report.findings).toMatchObject([{ check: 'cookie-accepted-elsewhere', level: 'fault' }, { check: 'cookie-accepted-elsewhere' }])
    expect(report.findings[0]!.evidence.join(' ')).toContain('A made-up cookie of the same shape was answered unlike it too')
  })

  test('where a Domain covers both hosts it is a warning, as browsers send the cookie to both: 0', async () => {
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Domain=acme.localhost'
    const site = await startSite({ bound: false, cookie: '__Secure-sid', attributes })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect([report.code, idsOf(report)]).toEqual([0, ['cookie-accepted-elsewhere', 'cookie-domain-wide']])
    expect(new Set(report.findings.map(({ level }) => level))).toEqual(new Set(['warning']))
  })

  test('a page that shows nobody tells nothing: unclear, and 2', async () => {
    const blank = await serve((request, response) => {
      if (request.url === '/login')
        response.setHeader('set-cookie', '__Host-sid=q8Zx0vJYk2Lm4N7pRtUw1A; Path=/; Secure; HttpOnly; SameSite=Lax')
      response.end('the same for everybody')
    })
    const urls = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${blank}/`)
    const unclear = await scanned([...urls, ...signIn()], KNOWN)
    expect([unclear.code, outcomes(unclear)]).toEqual([2, ['elmer alice unclear', 'alice elmer unclear']])
    expect(unclear.problems[0]).toContain('Name one that shows who is signed in with --page')
  })

  test('a refusal says nothing once the session was ended for being shown elsewhere', async () => {
    const site = await startSite({ endsWhenMoved: true })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice unclear', 'alice elmer unclear'])
    expect(report.experiments[0]!.because.at(-1)).toContain('was not known at elmer.acme.localhost')
  })

  test('an answer that any cookie gets, such as "your session has expired", is a refusal', async () => {
    const site = await startSite({ expires: true })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.experiments[0]!.because.join(' ')).toContain('the copied one counted for nothing')
  })

  test.each([404, 429, 500])('a host that answers everybody with %i refuses nobody: unclear', async (status) => {
    const site = await startSite({ bound: false, status: { alice: status } })
    const login = moduleOf(`export default async ({ url, request }) => {
      if (url.includes('elmer')) await request('/login', { form: { user: 'ann', password: process.env.SITE_PASSWORD } })
    }`)
    const report = await scanned([...elmerAndAlice(site), '--login', login, '--yes', '--page', '/account'], KNOWN)
    expect([report.code, outcomes(report)]).toEqual([2, ['elmer alice unclear']])
  })

  test('sessions of Landbridge stay on their host, and nothing is wrong with their cookies', async () => {
    const { sessions } = makeSessions(memory())
    const port = await serve(
      nodeSessions(sessions, async ({ session, method, url }, response) => {
        if (method === 'POST' && url === '/login') await session.signIn({ id: 'ann' })
        const account = await session.account()
        response.end(account === null ? 'Please sign in' : 'Hello ann, welcome back')
      }),
    )
    const [elmer, alice] = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`)
    const report = await scanned([elmer!, alice!, ...signIn(), '--probe', `POST ${elmer}email`], KNOWN)
    expect(report).toMatchObject({ complete: true, problems: [] })
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.probes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
    expect([report.code, report.findings]).toEqual([0, []])
  })

  test('with cookies of the environment and of the option, for one host each', async () => {
    const site = await startSite({ bound: false })
    const ids = await Promise.all(['elmer', 'alice'].map((each) => signedInAt(site, each)))
    const args = [...elmerAndAlice(site), '--page', '/account', '--cookie', `alice.acme.localhost=__Host-sid=${ids[1]}`]
    const report = await scanned(args, { LANDBRIDGE_SCAN_COOKIE: `elmer.acme.localhost:${site.port}=__Host-sid=${ids[0]}; theme=dark\n` })
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect(report.experiments[0]).toMatchObject({ cookies: ['__Host-sid'], as: 'signed-in' })
    expect(site.asked.filter((each) => !each.startsWith('GET')).length).toBe(2)
  })

  test('a cookie that the login module returns', async () => {
    const site = await startSite({ bound: false })
    const id = await signedInAt(site, 'elmer')
    const login = moduleOf(`export default async () => '__Host-sid=${id}'`)
    const report = await scanned([...elmerAndAlice(site), '--login', login, '--yes', '--page', '/account'])
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
  })
})

describe('The copy experiment, with the session of a stranger', () => {
  test.each<[SiteOptions, string, number]>([
    [{ eager: true }, 'refused', 0],
    [{ eager: true, bound: false }, 'accepted', 1],
    [{}, 'unclear', 0],
  ])('%j: %s', async (options, outcome, code) => {
    const site = await startSite(options)
    const report = await scanned(elmerAndAlice(site))
    expect([report.code, outcomes(report)]).toEqual([code, [`elmer alice ${outcome}`, `alice elmer ${outcome}`]])
    expect(report.experiments[0]!.as).toBe('anonymous')
  })

  test('a host that goes on with a made-up id is told of', async () => {
    const site = await startSite({ eager: true, adopts: true, bound: false })
    const report = await scanned(elmerAndAlice(site))
    expect(idsOf(report)).toEqual(['session-id-adopted'])
  })

  test.each([true, false])('a page that counts visits tells by its numbers (bound to the host: %j)', async (isBound) => {
    const visits = new Map<string, number>()
    const port = await serve((request, response) => {
      const [, id = ''] = /sid=([^;]*)/.exec(request.headers.cookie ?? '') ?? []
      const key = id === '' ? `${crypto.randomUUID()}` : id
      const known = isBound ? `${request.headers.host} ${key}` : key
      visits.set(known, (visits.get(known) ?? 0) + 1)
      if (id === '') response.setHeader('set-cookie', `__Host-sid=${key}; Path=/; HttpOnly; Secure; SameSite=Lax`)
      response.end(`Visit ${visits.get(known)} to ${request.headers.host}`)
    })
    const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
    const outcome = isBound ? 'refused' : 'accepted'
    expect(outcomes(report)[0]).toBe(`elmer alice ${outcome}`)
  })

  test('where the hosts name their cookies differently, the value is shown under both names', async () => {
    const ids = new Set<string>()
    const port = await serve((request, response) => {
      const own = `${name(request.headers.host!)}_session`
      const id =
        (request.headers.cookie ?? '')
          .split('; ')
          .find((each) => each.startsWith(`${own}=`))
          ?.slice(own.length + 1) ?? ''
      const fresh = crypto.randomUUID()
      if (!ids.has(id)) response.setHeader('set-cookie', `${own}=${fresh}; Path=/; HttpOnly; Secure; SameSite=Lax`)
      if (!ids.has(id)) ids.add(fresh)
      response.end('hello')
    })
    const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
  })
})
