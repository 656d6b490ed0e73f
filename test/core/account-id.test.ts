import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { describe, expect, test } from 'vitest'
import { codeOf } from './support.ts'

describe.each([memory, () => sqlite(':memory:')])('%#', (make) => {
  test.each([42, undefined, null, '', {}, '\ud800'])(
    'ending or listing the sessions of %j is an error of the caller, not an account that has none',
    async (id) => {
      const sessions = createSessions({ topology: { kind: 'isolated', hosts: ['app.acme.com'] }, store: make() })
      expect(await codeOf(() => sessions.revokeAccount(id as string))).toBe('ERR_ACCOUNT_INVALID')
      expect(await codeOf(() => sessions.sessionsOf(id as string))).toBe('ERR_ACCOUNT_INVALID')
    },
  )
})
