/** What the forms of a page do. Each ends in a 303 back to the page, so that they work without script and survive a reload. */
import type { Request, Router } from 'express'
import express from 'express'
import type { Experiments } from './experiment.ts'
import { SITES, siteOf } from './hosts.ts'
import type { Mode, ValueKey } from './modes/mode.ts'
import { VALUE_KEYS } from './modes/mode.ts'
import type { Notice } from './pages/notices.ts'

type Act = (request: Request, mode: Mode, field: (name: string) => string) => Promise<Notice>

const ACTS: Record<string, Act> = {
  '/sign-in': async (request, mode, field) => {
    const name = field('name')
    if (name === '' || name.length > 60) return 'name-missing'
    await mode.signIn(request, name)
    return 'signed-in'
  },
  '/set-value': async (request, mode, field) => {
    const key = valueKey(field('key'))
    const value = field('value')
    if (key === undefined || value === '' || value.length > 500) return 'value-missing'
    await mode.setValue(request, key, value)
    return 'value-set'
  },
  '/remove-value': async (request, mode, field) => {
    const key = valueKey(field('key'))
    if (key === undefined) return 'value-missing'
    await mode.removeValue(request, key)
    return 'value-removed'
  },
  '/renew': async (request, mode) => {
    await mode.renew(request)
    return 'renewed'
  },
  '/sign-out-here': async (request, mode) => {
    await mode.signOut(request, 'here')
    return 'signed-out-here'
  },
  '/sign-out-everywhere': async (request, mode) => {
    await mode.signOut(request, 'everywhere')
    return 'signed-out-everywhere'
  },
  '/sign-out-account': async (request, mode) => {
    await mode.signOutAccount?.(request)
    return 'signed-out-account'
  },
}

export function forms(modeOf: (request: Request) => Mode, experiments: Experiments): Router {
  const router = express.Router()
  router.use(express.urlencoded({ extended: false, limit: '8kb' }))
  for (const [path, act] of Object.entries(ACTS)) {
    router.post(path, async (request, response) => {
      const notice = await act(request, modeOf(request), (name) => fieldOf(request, name))
      response.redirect(303, `/?done=${notice}#notice`)
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
function fieldOf(request: Request, name: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' ? value.trim() : ''
}

const valueKey = (text: string): ValueKey | undefined => VALUE_KEYS.find((key) => key === text)
