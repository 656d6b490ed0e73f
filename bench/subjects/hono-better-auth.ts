import { serve } from '@hono/node-server'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { Hono } from 'hono'
import { announce } from '../lib/announce.ts'
import { SECRET, SMALL } from '../lib/content.ts'

const auth = betterAuth({
  secret: SECRET,
  baseURL: 'http://localhost',
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
})

const app = new Hono()

// The padding rides along with the user: the library's session has no keys of the application.
app.post('/login', () =>
  auth.api.signUpEmail({
    body: { email: 'u1@example.com', password: 'correct horse', name: SMALL.user, image: SMALL.pad },
    asResponse: true,
  }),
)

app.get('/', async (c) => {
  const session = await auth.api.getSession({ headers: c.req.raw.headers })
  return c.json({ user: session?.user.name ?? null })
})

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => announce(server))
