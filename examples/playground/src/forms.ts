/** What the forms of a page do. Each ends in a 303 back to the page, so that they work without script and survive a reload. */
import type { Request, Router } from 'express'
import express from 'express'
import type { Session } from 'landbridge'
import type { Experiments } from './experiment.ts'
import type { Kind } from './hosts.ts'
import { crosses, SITES, siteOf } from './hosts.ts'
import type { Mode } from './modes/mode.ts'
import { isValueKey } from './modes/mode.ts'
import { sessionOf } from './modes/session-of.ts'
import type { Notice } from './pages/notices.ts'

type Field = (name: string) => string

interface Act {
  /** On hosts of which topologies the form is. */
  readonly at: readonly Kind[]
  /** Whether the page says for which account it was made: another one does not get what was meant for it. */
  readonly tagged?: true
  readonly run: (request: Request, mode: Mode, field: Field) => Promise<Notice>
}

const ALONE = ['isolated', 'shared', 'peer'] as const
const BELOW = [...ALONE, 'spoke'] as const
const NAME_LENGTH = 60

const ACTS: Record<string, Act> = {
  '/sign-in': {
    at: ALONE,
    async run(request, mode, field) {
      const name = field('name')
      if (!isName(name)) return 'name-missing'
      await mode.signIn(request, name, field('remember') !== '')
      return 'signed-in'
    },
  },
  '/set-value': {
    at: BELOW,
    tagged: true,
    async run(request, mode, field) {
      const [key, value] = [field('key'), field('value')]
      if (!isValueKey(key) || value === '' || value.length > 500) return 'value-missing'
      await mode.setValue(request, key, value)
      return 'value-set'
    },
  },
  '/remove-value': {
    at: BELOW,
    tagged: true,
    async run(request, mode, field) {
      const key = field('key')
      if (!isValueKey(key)) return 'value-missing'
      await mode.removeValue(request, key)
      return 'value-removed'
    },
  },
  '/renew': {
    at: ALONE,
    async run(request, mode) {
      await mode.renew(request)
      return 'renewed'
    },
  },
  '/sign-out-here': {
    at: BELOW,
    async run(request, mode) {
      await mode.signOut(request, 'here')
      return 'signed-out-here'
    },
  },
  '/sign-out-everywhere': {
    at: [...BELOW, 'hub'],
    async run(request, mode) {
      await mode.signOut(request, 'everywhere')
      return 'signed-out-everywhere'
    },
  },
  '/sign-out-account': {
    at: [...BELOW, 'hub'],
    async run(request, mode) {
      await mode.signOutAccount?.(request)
      return 'signed-out-account'
    },
  },
}

export function forms(modeOf: (request: Request) => Mode, experiments: Experiments): Router {
  const router = express.Router()
  router.use(express.urlencoded({ extended: false, limit: '8kb' }))
  for (const [path, { at, tagged, run }] of Object.entries(ACTS)) {
    router.post(path, async (request, response, next) => {
      const site = siteOf(request.headers.host)!
      if (!at.includes(site.topology)) return next()
      const field: Field = (name) => fieldOf(request, name)
      if (tagged && crosses(site)) await sessionOf<Session>(request).requireAccount(field('account'))
      response.redirect(303, `/?done=${await run(request, modeOf(request), field)}#notice`)
    })
  }
  router.post('/experiment', async (request, response) => {
    const from = siteOf(request.headers.host)!
    const to = SITES.find(({ host }) => host === fieldOf(request, 'to') && host !== from.host)
    const result = to ? await experiments.run(request, modeOf(request), from, to) : null
    response.redirect(303, result === null ? '/?done=no-cookie#notice' : `/?result=${result}#result`)
  })
  return router
}

/** A field of the form as trimmed text; a field that came twice, or not at all, is empty. */
export function fieldOf(request: Request, name: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value.trim() : ''
}

export const isName = (name: string): boolean => name !== '' && name.length <= NAME_LENGTH
