import express from 'express'
import { createSessions, type Session } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { memory } from 'landbridge/memory'
import { announce } from '../lib/announce.ts'
import { SMALL, USER, type Content } from '../lib/content.ts'
import { sessionOf } from '../lib/session-of.ts'

const sessions = createSessions<Content>({
  topology: { kind: 'isolated', hosts: ['localhost'] },
  store: memory(),
})

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
