import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A path for a database that is gone with the process. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'sessions.db')
}
