import type { Finding } from '../checks/check.ts'

/** Names that point to where nobody has claimed them. */
export function findDangling(
  hosts: readonly string[],
  { signal }: { signal: AbortSignal },
): Promise<{ findings: readonly Finding[]; problems: readonly string[] }> {
  return Promise.resolve({ findings: [], problems: signal.aborted && hosts.length > 0 ? ['stopped'] : [] })
}
