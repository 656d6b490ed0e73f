import { LandbridgeError, show } from './errors.ts'

const ACCOUNT_LIMIT = 256

/** The id, or `ERR_ACCOUNT_INVALID`: an id of another type would match no account, and its sessions would silently stay. */
export function checkedAccountId(id: unknown, caller: string): string {
  if (isAccountId(id)) return id
  throw new LandbridgeError('ERR_ACCOUNT_INVALID', `${caller} got ${show(id)} as the account's id.`, {
    hint: `Pass a well-formed text of 1 to ${ACCOUNT_LIMIT} characters, such as the primary key of the user.`,
  })
}

/** Lone surrogates are refused: as UTF-8, in which databases keep text, they would all be the same account. */
function isAccountId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= ACCOUNT_LIMIT && id.isWellFormed()
}
