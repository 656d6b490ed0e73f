import express from 'express'
import session from 'express-session'
import { announce } from '../lib/announce.ts'
import { SECRET, SMALL, type Content } from '../lib/content.ts'
import { sessionOf } from '../lib/session-of.ts'

const app = express()
app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }))

app.post('/login', (req, res) => {
  Object.assign(sessionOf<Content>(req), SMALL)
  res.json({})
})

app.get('/', async (req, res) => {
  const { user } = sessionOf<Partial<Content>>(req)
  res.json({ user: user ?? null })
})

const server = app.listen(0, '127.0.0.1', () => announce(server))
