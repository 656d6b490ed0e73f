/** The faults with which `createSessions`, or a store, refuses its options. The ids are the codes of those faults. */
import type { Check } from './check.ts'

const STOPS = 'createSessions refuses it, so the application does not start.'
const MISSPELT = 'createSessions refuses it: an option that is misspelt must not be one that was left out.'

const fault = (id: string, title: string, why: string, fix: string): Check => ({ id, level: 'fault', title, why, fix })

export const configurationChecks: readonly Check[] = [
  fault(
    'option-unknown',
    'There is no option of this name.',
    MISSPELT,
    'Write one of the options that there are. For one of another session library, write what takes its place here.',
  ),
  fault('option-invalid', 'An option has a value that is none of its choices.', STOPS, 'Write one of the choices.'),
  fault('option-not-a-function', 'An option that has to be a function is none.', STOPS, 'Write a function, or leave it out.'),
  fault(
    'clock-invalid',
    'The clock gives no time in milliseconds.',
    'Without a time no session can begin or end.',
    'Leave `clock` out, or give one that returns a number, as Date.now does.',
  ),
  fault(
    'topology-missing',
    'No topology is given.',
    'Nothing says which hosts there are.',
    "Write topology: { kind: 'isolated', hosts: ['app.example.com'] }.",
  ),
  fault('topology-unknown', 'There is no topology of this kind.', STOPS, "Write one of the kinds 'isolated', 'shared', 'hub' and 'peers'."),
  fault(
    'hosts-missing',
    'A topology lists no host.',
    'It would answer no request.',
    "Write a list such as ['app.example.com', '*.acme.com'].",
  ),
  fault(
    'host-invalid',
    'A host rule names no host.',
    STOPS,
    "Write a host name without scheme and path, '*.' before it for each host below, or a function.",
  ),
  fault(
    'host-is-domain',
    'A domain stands where each host has a session of its own.',
    'A leading dot means one cookie for a domain and everything below it, which is the opposite.',
    "Write '*.example.com' for each host below it, or use the kind 'shared'.",
  ),
  fault(
    'host-default-port',
    'A host rule names port 80 or 443.',
    'Browsers leave the default port out of the Host header, so the rule would never match.',
    'Write the host without the port.',
  ),
  fault(
    'host-ports-share-cookie',
    'Two rules differ in the port alone.',
    'Browsers keep one cookie for all ports of a host: each application would sign the visitors of the other out.',
    'Write the host without a port, or call createSessions once for each port with a cookieName of its own.',
  ),
  fault(
    'host-in-two-scopes',
    'One host is covered by two rules.',
    'A host has one scope; with two it would be chance which session a visitor gets.',
    'Write each host in one rule only.',
  ),
  fault(
    'domain-invalid',
    'What should be a cookie domain is none.',
    STOPS,
    "Write a leading dot and your own domain, such as '.example.com'.",
  ),
  fault(
    'domain-is-address',
    'A cookie domain is an IP address.',
    'Browsers take no domain cookie for an address, so nobody could be signed in.',
    "Use a host-only cookie: kind: 'isolated', or no domain at all.",
  ),
  fault(
    'domain-is-public-suffix',
    'A cookie domain is a public suffix, below which anybody can register names.',
    'Browsers refuse the cookie, so nobody could be signed in; if one took it, it would go to the sites of strangers.',
    'Write your own domain below it.',
  ),
  fault(
    'domain-within-domain',
    'Two cookie domains lie within each other.',
    'Browsers send the cookies of both to the inner one, and each takes the place of the other.',
    "Write the outer domain only, and kind: 'isolated' for hosts that stand apart.",
  ),
  fault('hub-invalid', 'The hub is no host name.', STOPS, "Write one host name, such as 'acme.com'."),
  fault(
    'authorize-missing',
    'Nothing says which account may use which spoke.',
    'Everybody who is signed in at the hub could use the sites of all customers.',
    'Write authorize: async (account, host) => claims for that host, true, or false.',
  ),
  fault(
    'peers-too-few',
    'Fewer than two peers are named.',
    'A session is carried between two hosts at least, and a host that asks has to know whom.',
    "Write hosts: ['example.com', 'example.de'].",
  ),
  fault(
    'ticket-lifetime-invalid',
    'The lifetime of tickets is not between 5 seconds and 5 minutes.',
    'Shorter, and slow connections never arrive; longer, and a ticket that leaked is of use to somebody.',
    "Write '30s', or leave it out.",
  ),
  fault(
    'sign-in-path-invalid',
    '`signIn` is not a path.',
    'Visitors would be sent to another site, or nowhere.',
    "Write the path of the page, such as '/login'.",
  ),
  fault('base-path-invalid', '`basePath` is not a path that begins and ends with a slash.', STOPS, "Write '/.session/', or leave it out."),
  fault(
    'keys-missing',
    'Hosts cross, or sessions are sealed, and no key is given.',
    'What travels through the browser could be read and made up by anybody.',
    'Write keys: [process.env.LANDBRIDGE_KEY], with a key made by `npx landbridge keygen`.',
  ),
  fault(
    'key-too-short',
    'A key or secret has fewer than 32 characters, or is no text.',
    'A short one can be found by trying. One that is undefined often means that a variable of the environment is not set.',
    'Make one with `npx landbridge keygen`, and keep it out of the repository.',
  ),
  fault(
    'store-missing',
    'No store is given.',
    'There is nowhere to keep sessions.',
    "Write store: sqlite('sessions.db'), with sqlite from 'landbridge/sqlite'.",
  ),
  fault(
    'store-incapable',
    'The store lacks methods of the contract.',
    'Requests would fail as soon as one is needed.',
    "Implement the whole contract of 'landbridge/store'; `landbridge/testing` checks it.",
  ),
  fault(
    'store-cannot-cross',
    'Hosts cross, and the store cannot make sure that a ticket is used once, or keeps sessions in the cookies of one host.',
    'A ticket that somebody copied could be used a second time; and no other host could read, change or end a session.',
    "Write store: sqlite('sessions.db'), or Redis, PostgreSQL or MySQL. Hosts that do not cross can have a createSessions of their own.",
  ),
  fault(
    'epochs-invalid',
    '`epochs` of a sealed cookie is no store on the server.',
    'Sessions could not be ended from the server.',
    "Write epochs: sqlite('epochs.db').",
  ),
  fault('chunks-invalid', '`chunks` of a sealed cookie is not a whole number from 1 to 4.', STOPS, 'Leave it out, or write 1 to 4.'),
  fault(
    'cookie-name-invalid',
    'A cookie name holds what browsers do not take, or a prefix that is added by itself.',
    STOPS,
    "Write letters, digits and hyphens, such as 'sid'.",
  ),
  fault(
    'lifetime-invalid',
    'A lifetime is no duration between a second and ten years.',
    STOPS,
    "Write a text such as '30m', '12h', '14d'; a number counts milliseconds.",
  ),
  fault(
    'lifetime-idle-too-long',
    'The idle lifetime is longer than the absolute one.',
    'It would never come to its end, which is hardly what was meant.',
    'Write an idle lifetime that is at most the absolute one.',
  ),
  fault(
    'lifetime-remember-too-short',
    'Who asks to be remembered would be signed out sooner than who does not.',
    '`remember` takes the place of the absolute lifetime for those who asked for it.',
    'Write a lifetime for `remember` that is at least the absolute one.',
  ),
  fault(
    'trusted-proxy-invalid',
    'A trusted proxy is neither an address nor a range of addresses.',
    STOPS,
    "Write an address such as '10.0.0.7' or a range such as '10.0.0.0/8' or 'fd00::/8'.",
  ),
  fault(
    'trusted-origin-invalid',
    'A trusted origin has no scheme, or is no origin for another reason.',
    'Browsers write the scheme into Origin. Without it nothing would match, or http would count as https.',
    "Write scheme and host without a path, such as 'https://app.example.com' or 'https://*.example.com'.",
  ),
  fault(
    'trusted-origin-too-wide',
    'A trusted origin takes in every site of a public suffix.',
    'Anybody can register a name there and send requests that change something in the name of your visitors.',
    'Write your own domain below it.',
  ),
]
