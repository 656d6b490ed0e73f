/** Options of other session libraries, and what takes their place: whoever moves here brings them along. */
const COOKIE = `Landbridge sets Secure, HttpOnly, SameSite=Lax and Path=/ by itself.`
const DOMAIN = `Write topology: { kind: 'shared', domain: '.example.com' } for one cookie of a domain; otherwise each host has its own.`
const KEYS = 'Sessions need no secret: a cookie is a random text. Where hosts cross, write keys: [process.env.LANDBRIDGE_KEY].'
const LIFETIME = `Write lifetime: { idle: '30m', absolute: '14d' }.`
const NONE = 'Leave it out:'

export const FOREIGN_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['cookie', `${COOKIE} Its name is cookieName, its domain comes from the topology, how long it lasts from lifetime.`],
  ['cookies', `${COOKIE} Its name is cookieName, its domain comes from the topology, how long it lasts from lifetime.`],
  ['cookieOptions', `${COOKIE} Its name is cookieName, its domain comes from the topology, how long it lasts from lifetime.`],
  ['domain', DOMAIN],
  ['secret', KEYS],
  ['secrets', KEYS],
  ['password', KEYS],
  ['name', `Write cookieName: 'sid'.`],
  ['sessionName', `Write cookieName: 'sid'.`],
  ['httpOnly', `${NONE} ${COOKIE}`],
  ['secure', `${NONE} ${COOKIE}`],
  ['sameSite', `${NONE} ${COOKIE}`],
  ['path', `${NONE} ${COOKIE}`],
  ['maxAge', LIFETIME],
  ['expires', LIFETIME],
  ['ttl', LIFETIME],
  ['rolling', `${NONE} the idle lifetime begins anew with each request that uses the session.`],
  ['resave', `${NONE} what was not changed is never saved.`],
  ['saveUninitialized', `${NONE} a session begins when something is put into it.`],
  ['unset', `${NONE} session.signOut() ends a session.`],
  ['genid', `${NONE} ids are random, and no application chooses them.`],
  ['proxy', `Write trustedProxies: ['10.0.0.0/8'], the addresses of the proxy.`],
  ['trustProxy', `Write trustedProxies: ['10.0.0.0/8'], the addresses of the proxy.`],
  ['behindProxy', `Write trustedProxies: ['10.0.0.0/8'], the addresses of the proxy.`],
  ['csrf', `${NONE} requests of other origins are refused by themselves; trustedOrigins names those that may.`],
  ['hosts', `Write topology: { kind: 'isolated', hosts: [...] }.`],
])
