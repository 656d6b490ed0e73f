import type { FastifyPluginCallback } from 'fastify'
import type { Session } from '../core/session.ts'
import type { RegisteredData } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Sessions } from '../sessions.ts'
import { openNode } from './open.ts'

declare module 'fastify' {
  interface FastifyRequest {
    session: Session<RegisteredData>
  }
}

/**
 * Plugin for Fastify: `await app.register(fastifySessions(sessions))`, then `request.session` in every route of `app`, hijacked
 * replies and streams included. A store that fails reaches the error handler as an error with `statusCode` 503.
 */
export function fastifySessions<Data extends object>(sessions: Sessions<Data>): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.decorateRequest('session')
    app.addHook('onRequest', (request, reply, next) => {
      const proceed = (session: Session<Data> | null): void => {
        if (session === null) return void reply.hijack()
        request.session = session
        next()
      }
      const opened = openNode(sessions, request.raw, reply.raw)
      if (isPromise(opened)) opened.then(proceed, next)
      else proceed(opened)
    })
    done()
  }
  // What fastify-plugin does: the hook serves the application that registers it, not only a child of it.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'landbridge' })
}
