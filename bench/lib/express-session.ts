import express from 'express'
import session, { type Store } from 'express-session'
import { announce } from './announce.ts'
import { SECRET, SMALL, type Content } from './content.ts'
import { sessionOf } from './session-of.ts'

/** Express with express-session; its subjects differ in the store alone. */
export function serveExpressSession(store?: Store): void {
  const app = express()
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, ...(store && { store }) }))

  app.post('/login', (req, res) => {
    Object.assign(sessionOf<Content>(req), SMALL)
    res.json({})
  })

  app.get('/', async (req, res) => {
    const { user } = sessionOf<Partial<Content>>(req)
    res.json({ user: user ?? null })
  })

  const server = app.listen(0, '127.0.0.1', () => announce(server))
}
