/**
 * Attack 8: return path `//evil`, `/\evil`, `https:evil`, CR/LF, `javascript:`, tabs: `/` is used.
 *
 * Here: a refusal sends nobody anywhere and repeats nothing of the path that was asked for. The return paths of a crossing are in
 * crossing-return-path.test.ts.
 */
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'
import { makeSessions } from '../support/launch.ts'
import { nodeRequest } from '../support/visitor.ts'

const PATHS = [
  '//evil.com/x',
  '/\\evil.com',
  'https:evil.com',
  '/evil\r\nlocation: http://evil.com',
  // oxlint-disable-next-line no-script-url -- an attack, never followed
  'javascript:evil()',
  '/\tevil.com',
  '/.session/in?return=//evil.com',
]
const REFUSED: readonly [string, Parameters<typeof nodeRequest>][] = [
  ['another host', ['evil.com']],
  ['a malformed host', ['evil.com/']],
  ['a request from another site', ['elmer.acme.localhost', { origin: 'http://other.example' }, { method: 'POST' }]],
  ['a request that hides where it comes from', ['elmer.acme.localhost', {}, { method: 'POST' }]],
]

test.each(REFUSED)('the refusal of %s leads nowhere and repeats no path', async (_, [host, headers, more]) => {
  const { sessions, events } = makeSessions(memory())
  for (const url of PATHS) {
    const exchange = await sessions.open(nodeRequest(host, headers, { ...more, url }))
    if (exchange.kind !== 'reply') throw new Error('this request was to be refused')
    const { status, headers: sent, body } = exchange.reply
    expect(status).toBeGreaterThanOrEqual(400)
    expect(Object.keys(sent).sort()).toEqual(['cache-control', 'content-type', 'x-content-type-options'])
    expect(JSON.stringify([sent, body, events])).not.toMatch(/\/evil|\\evil|:evil|location/)
    expect(body).not.toContain('evil')
  }
})
