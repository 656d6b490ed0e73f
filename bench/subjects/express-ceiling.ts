// Express without sessions: what every other Express subject is compared with.

import { randomBytes } from 'node:crypto'
import express from 'express'
import { announce } from '../lib/announce.ts'
import { USER } from '../lib/content.ts'

const app = express()

// The cookie is not read, but every subject parses the same bytes.
app.post('/login', (_req, res) => {
  res.cookie('sid', randomBytes(32).toString('base64url')).json({})
})

app.get('/', async (_req, res) => {
  const user = USER
  res.json({ user })
})

const server = app.listen(0, '127.0.0.1', () => announce(server))
