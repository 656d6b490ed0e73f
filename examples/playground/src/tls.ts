/**
 * The certificate of `npm start -- --https`, made on first use with openssl. The authority behind it may vouch for names below localhost
 * only, and its key is thrown away once it has signed: whoever trusts it, trusts these very hosts and nothing that comes later.
 */
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HUB, SHARED_DOMAIN, SITES } from './hosts.ts'

export interface Tls {
  readonly key: string
  readonly cert: string
  /** The authority's certificate, and where it is. */
  readonly ca: string
  readonly caFile: string
}

/** Browsers take no wildcard directly below localhost, so everything else is named. */
const NAMES = [...new Set(['localhost', `*.${HUB}`, '*.solo.localhost', `*${SHARED_DOMAIN}`, ...SITES.map(({ host }) => host)])]
const SAN = [...NAMES.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join(',')
const DAYS = '800'
const LEAST_MS = 86_400_000

const SETTINGS = `[req]
distinguished_name = name
prompt = no
[name]
CN = Landbridge playground (only for localhost)
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
nameConstraints = critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${SAN}
`

/** Throws an error with a sentence for the terminal when openssl is missing or fails. */
export function certificateIn(folder: string): Tls {
  const kept = join(folder, 'tls')
  if (!isGood(kept)) make(folder, kept)
  const read = (name: string): string => readFileSync(join(kept, name), 'utf8')
  return { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem'), caFile: join(kept, 'ca.pem') }
}

/** Whether there is one for the hosts of today that lasts until tomorrow. */
function isGood(kept: string): boolean {
  if (!['ca.pem', 'server.pem', 'server.key'].every((name) => existsSync(join(kept, name)))) return false
  try {
    const { subjectAltName = '', validTo } = new X509Certificate(readFileSync(join(kept, 'server.pem')))
    return NAMES.every((name) => subjectAltName.split(', ').includes(`DNS:${name}`)) && Date.parse(validTo) - Date.now() > LEAST_MS
  } catch {
    return false
  }
}

/** Everything is made in a folder of its own first: what is half done when it fails leaves no trace. */
function make(folder: string, kept: string): void {
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(folder, 'making-'))
  try {
    writeFileSync(join(work, 'settings'), SETTINGS)
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(work, [
      'req',
      '-x509',
      '-config',
      'settings',
      '-extensions',
      'authority',
      '-days',
      DAYS,
      ...key,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    ])
    openssl(work, ['req', '-new', '-config', 'settings', '-subj', '/CN=localhost', ...key, '-keyout', 'server.key', '-out', 'request'])
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', `0x${Date.now().toString(16)}`]
    openssl(work, [
      'x509',
      '-req',
      '-in',
      'request',
      ...issuer,
      '-days',
      DAYS,
      '-extfile',
      'settings',
      '-extensions',
      'server',
      '-out',
      'server.pem',
    ])
    for (const name of ['ca.key', 'request', 'settings']) rmSync(join(work, name))
    rmSync(kept, { recursive: true, force: true })
    renameSync(work, kept)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function openssl(folder: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OPENSSL_CONF: 'settings' },
  })
  if (error) throw new Error('The certificate for https is made with openssl, which is not there. Install it, or start without --https.')
  if (status !== 0) throw new Error(`openssl could not make the certificate for https:\n${stderr}`)
}
