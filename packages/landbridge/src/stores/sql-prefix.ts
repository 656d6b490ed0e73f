import { LandbridgeError, show } from '../core/errors.ts'

export const PREFIX = 'landbridge_'

/** Databases cut long names, and what needs quotes here would need them in every script, too. */
export function checkName(option: string, name: unknown): void {
  if (typeof name === 'string' && /^[a-z_][a-z0-9_]{0,24}$/.test(name)) return
  throw new LandbridgeError('ERR_CONFIG_INVALID', `The store's option ${option} is ${show(name)}.`, {
    hint: 'Write up to 25 small letters, digits and underscores, of which a digit is not the first.',
  })
}

export const tablesMissing = (store: string, cause: unknown): LandbridgeError =>
  new LandbridgeError('ERR_STORE_UNAVAILABLE', `The tables of the store are missing in ${store}.`, {
    hint: 'Run `await store.migrate()` before the application serves, or once the SQL that the function `schemaSql` beside the store returns.',
    cause,
  })

export const tablesTooNew = (version: number, known: number): LandbridgeError =>
  new LandbridgeError('ERR_STORE_UNAVAILABLE', `A later version of Landbridge made the tables: ${version}, this one knows ${known}.`, {
    hint: 'Update landbridge, or give the store another `prefix`.',
  })
