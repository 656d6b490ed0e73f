/** Who may use which tenant, and as what: the application's own rule, which the library asks through `authorize`. */
import type { Account } from 'landbridge'

/** Bugs lets in his own people only; every other tenant is open to all accounts of the hub. */
const GUESTS = ['bugs', 'lola']

/** A type and no interface: claims are a record of anything, which only a type fits. */
export type TenantClaims = { readonly role: 'owner' | 'member'; readonly tenant: string }

export function authorize(account: Pick<Account, 'id'>, host: string): TenantClaims | false {
  const tenant = host.split('.')[0] ?? ''
  if (tenant === 'bugs' && !GUESTS.includes(account.id)) return false
  return { role: account.id === tenant ? 'owner' : 'member', tenant }
}

export const GUEST_LIST: string = GUESTS.join(' and ')
