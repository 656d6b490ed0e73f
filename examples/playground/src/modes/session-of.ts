/** Both modes put a `session` on the request and declare its type there; each says here which one it means. */
export function sessionOf<Session>(request: object): Session {
  return (request as { session: Session }).session
}
