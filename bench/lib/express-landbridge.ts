import express from 'express'
import { createSessions, type Session, type Store } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { announce } from './announce.ts'
import { SMALL, USER, type Content } from './content.ts'
import { sessionOf } from './session-of.ts'

/** Express with Landbridge; its subjects differ in the store alone. */
export function serveExpress(store: Store): void {
  const sessions = createSessions<Content>({ topology: { kind: 'isolated', hosts: ['localhost'] }, store })
  const app = express()
  app.use(expressSessions(sessions))

  app.post('/login', async (req, res) => {
    const session = sessionOf<Session<Content>>(req)
    await session.signIn({ id: USER })
    session.set('user', SMALL.user)
    session.set('pad', SMALL.pad)
    res.json({})
  })

  app.get('/', async (req, res) => {
    const user = await sessionOf<Session<Content>>(req).get('user')
    res.json({ user: user ?? null })
  })

  const server = app.listen(0, '127.0.0.1', () => announce(server))
}
