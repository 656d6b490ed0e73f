import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { SECRET, SMALL } from './content.ts'

const auth = betterAuth({
  secret: SECRET,
  baseURL: 'http://localhost',
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
})

/** Signs a user up. The padding rides along with the user: the library's session has no keys of the application. */
export function signUp(): Promise<Response> {
  return auth.api.signUpEmail({
    body: { email: 'u1@example.com', password: 'correct horse', name: SMALL.user, image: SMALL.pad },
    asResponse: true,
  })
}

/** The name of the user whose session the headers carry. */
export async function signedIn(headers: Headers): Promise<string | undefined> {
  return (await auth.api.getSession({ headers }))?.user.name
}
