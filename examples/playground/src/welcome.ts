/** What `npm start` prints. */
import { styleText } from 'node:util'
import type { Base } from './hosts.ts'
import { GROUPS, sitesOf, urlOf } from './hosts.ts'

const WHAT: Readonly<Record<string, string>> = {
  hub: 'sign in once, be known at every tenant',
  peers: 'one session on unrelated domains',
  isolated: 'each host has its own sessions',
  shared: 'one session for the whole domain',
}

export function welcome(base: Base, file: string, caFile: string | null): string {
  const url = (host: string): string => styleText('cyan', urlOf(host, base, ''))
  const quiet = (text: string): string => styleText('dim', text)
  const groups = GROUPS.map(({ id, kinds }) => {
    const lines = sitesOf(kinds).map(({ host }, i) => `  ${(i === 0 ? id : '').padEnd(12)} ${url(host)}`)
    return [...lines, quiet(`${' '.repeat(15)}${WHAT[id] ?? ''}`)].join('\n')
  })
  return `
  ${styleText('bold', 'Landbridge playground')}

  Start here   ${url('localhost')}

${groups.join('\n')}

  Try first    Open elmer.acme.localhost and sign in: the page draws how the session came there.
${caFile === null ? '' : trust(caFile)}
  ${quiet(`Sessions are kept in ${file}. Ctrl+C stops.`)}
`
}

/** Each system has a place of its own for it. */
function trust(caFile: string): string {
  return `
  ${styleText('bold', 'Browsers complain')} until they trust the authority that the playground made for itself. It can vouch for names
  below localhost only, and its key no longer exists. Trust it, if you like:

    Firefox        Settings, Certificates, Authorities, Import: ${caFile}
    Chromium       certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n landbridge -i ${caFile}
    macOS          security add-trusted-cert -k login.keychain ${caFile}
    Windows        certutil -user -addstore Root ${caFile}
`
}
