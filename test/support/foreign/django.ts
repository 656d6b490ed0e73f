/** A Django application with Django's own accounts, sessions in its database and, out of the box, its CSRF middleware. */
import process from 'node:process'
import { whyMissing } from '../servers/process.ts'
import type { ForeignApplication, ForeignOptions } from './application.ts'
import { settingsOf, startScript } from './application.ts'

/** The system's: Debian's Django is there for no other one. */
const PYTHON = process.env['LANDBRIDGE_PYTHON'] || '/usr/bin/python3'
const DEBIAN = '/usr/lib/python3/dist-packages/django'

/** Why it cannot be had here; `null` where it can. */
export const missingDjango: string | null = whyMissing('Django', DEBIAN, 'python3-django', 'LANDBRIDGE_PYTHON')

export function startDjango(options: ForeignOptions = {}): Promise<ForeignApplication> {
  // -B: leaves no compiled files, -u: what it says before it ends is in its log.
  return startScript('application.py', settingsOf(options, true), (port) => ({
    command: PYTHON,
    args: ['-B', '-u', 'application.py', String(port)],
  }))
}
