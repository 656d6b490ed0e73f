import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'

test.each([[async () => false], [async () => true], [() => 'no'], [() => 1], [() => ({})], [() => undefined]])(
  'an insecureBypass that gives anything but true, such as a promise, lets no cross-site request pass: %s',
  async (given) => {
    const insecureBypass = given as unknown as () => boolean
    const sessions = createSessions({ topology: { kind: 'isolated', hosts: ['app.acme.com'] }, store: memory(), insecureBypass })
    const post = new Request('https://app.acme.com/', {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    const response = await sessions.handle(post, () => new Response('served'))
    expect(response.status).toBe(403)
  },
)
