/**
 * Several libraries declare `session` on the same request type, and the benchmark sees all of them at once.
 * So each subject says which one it means.
 */
export function sessionOf<Session>(request: object): Session {
  return (request as { session: Session }).session
}
