import express, { type Request, type Response } from 'express'
import { getIronSession, type IronSession } from 'iron-session'
import { announce } from '../lib/announce.ts'
import { SECRET, SMALL, type Content } from '../lib/content.ts'

const app = express()

function open(req: Request, res: Response): Promise<IronSession<Partial<Content>>> {
  return getIronSession<Partial<Content>>(req, res, { password: SECRET, cookieName: 'sid' })
}

app.post('/login', async (req, res) => {
  const session = await open(req, res)
  Object.assign(session, SMALL)
  await session.save()
  res.json({})
})

app.get('/', async (req, res) => {
  const session = await open(req, res)
  res.json({ user: session.user ?? null })
})

const server = app.listen(0, '127.0.0.1', () => announce(server))
