/** An application in plain PHP, served by PHP's own server. Out of the box it refuses no request from another site. */
import process from 'node:process'
import { whyMissing } from '../servers/process.ts'
import type { ForeignApplication, ForeignOptions } from './application.ts'
import { settingsOf, startScript } from './application.ts'

const PHP = process.env['LANDBRIDGE_PHP'] || '/usr/bin/php'

/** Why it cannot be had here; `null` where it can. */
export const missingPhp: string | null = whyMissing('PHP', PHP, 'php-cli')

export function startPhp(options: ForeignOptions = {}): Promise<ForeignApplication> {
  // -n: as PHP comes, whatever this machine's php.ini says.
  return startScript('application.php', settingsOf(options, false), (port) => ({
    command: PHP,
    args: ['-n', '-S', `127.0.0.1:${port}`, 'application.php'],
  }))
}
