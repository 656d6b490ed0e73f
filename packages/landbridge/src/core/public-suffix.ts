/** Who owns a name: the public suffix list, with the suffixes of companies that give names away below their own. */
import { getDomain, getPublicSuffix } from 'tldts'

const LISTS = { allowPrivateDomains: true }

/** Whether anybody may register names below it. A name on no list, such as `localhost`, counts as one when it has no dot. */
export const isPublicSuffix = (name: string): boolean => getPublicSuffix(name, LISTS) === name

/** The part of a host name that somebody registered; `null` where there is none. */
export const registrableDomain = (name: string): string | null => getDomain(name, LISTS)
