// Installs what is missing and nothing else; silent when nothing is. Runs before anything is installed, therefore on the machine's own
// Node (20 or newer) and without any package.
//
//   node scripts/setup.mjs           npm packages
//   node scripts/setup.mjs --tests   and the system packages that the tests need
//
// What cannot be installed is named together with the tests that need it. With CI=true that is a failure; otherwise those tests are
// reported as skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ci = process.env.CI === 'true'

/**
 * What only the system's package manager can provide. A `*` in a path is the folder of any version. `running` names a variable with the URL
 * of a server that runs somewhere already.
 * @type {{ name: string, usedBy: string, debian: string, path: string, override: string, running?: string }[]}
 */
const SYSTEM = [
  { name: 'Chromium', usedBy: 'test/browser', debian: 'chromium', path: '/usr/bin/chromium', override: 'LANDBRIDGE_CHROMIUM' },
  { name: 'Firefox', usedBy: 'test/browser', debian: 'firefox-esr', path: '/usr/bin/firefox-esr', override: 'LANDBRIDGE_FIREFOX' },
  {
    name: 'WebKitGTK',
    usedBy: 'test/browser/crossing/webkit',
    debian: 'webkit2gtk-driver',
    path: '/usr/bin/WebKitWebDriver',
    override: 'LANDBRIDGE_WEBKIT_DRIVER',
  },
  {
    name: 'Xvfb',
    usedBy: 'test/browser/crossing/webkit',
    debian: 'xvfb',
    path: '/usr/bin/Xvfb',
    override: 'LANDBRIDGE_XVFB',
  },
  server('Redis', 'redis-server', '/usr/bin/redis-server', 'LANDBRIDGE_REDIS'),
  server('Valkey', 'valkey-server', '/usr/bin/valkey-server', 'LANDBRIDGE_VALKEY'),
  server('PostgreSQL', 'postgresql', '/usr/lib/postgresql/*/bin/postgres', 'LANDBRIDGE_POSTGRES'),
  { name: 'PgBouncer', usedBy: 'test/stores', debian: 'pgbouncer', path: '/usr/sbin/pgbouncer', override: 'LANDBRIDGE_PGBOUNCER' },
  server('MariaDB', 'mariadb-server-core', '/usr/sbin/mariadbd', 'LANDBRIDGE_MARIADB'), // no service, no data: the executables
  server('Memcached', 'memcached', '/usr/bin/memcached', 'LANDBRIDGE_MEMCACHED'),
  { name: 'PHP', usedBy: 'test/cli', debian: 'php-cli', path: '/usr/bin/php', override: 'LANDBRIDGE_PHP' },
  {
    name: 'Django', // for the system's own Python; the variable names another one that has it
    usedBy: 'test/cli',
    debian: 'python3-django',
    path: '/usr/lib/python3/dist-packages/django',
    override: 'LANDBRIDGE_PYTHON',
  },
]

/** Valkey is not in Debian 12 itself, but in its backports. */
const BACKPORTS = '/etc/apt/sources.list.d/landbridge-backports.sources'
const BACKPORTS_SOURCE = `# Written by Landbridge's scripts/setup.mjs for valkey-server. Nothing is upgraded from here unless asked for by name.
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`

/** Asked by Debian's packages before they start or restart a service. Says no for as long as this process lives, then removes itself. */
const POLICY = '/usr/sbin/policy-rc.d'
const NO_SERVICES = `#!/bin/sh
# Written by Landbridge's scripts/setup.mjs: the tests need servers installed, not started.
kill -0 ${process.pid} 2>/dev/null && exit 101
rm -f "$0"
exit 0
`

installNpmPackages()
if (process.argv.includes('--tests')) installSystemPackages()

function installNpmPackages() {
  if (!npmPackagesAreCurrent()) {
    say('installing the npm packages of package-lock.json (npm ci)')
    const { ok, output } = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    if (!ok) fail(`npm ci failed, so nothing can run:\n${output}`)
  }
  // The binary comes from an install script, which a machine may have turned off.
  const bundled = existsSync(join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'))
  if (!bundled && !atLeast(process.versions.node, 22, 18)) {
    fail(
      `Node 24 is missing: the install script of the npm package "node" did not run, and this machine has Node ${process.versions.node}.\n` +
        'Run `npm rebuild node --ignore-scripts=false`, or put Node 22.18 or newer first in PATH.',
    )
  }
}

/** True when every package of the lock file is installed in exactly that version. Content decides, not times: a checkout changes times. */
function npmPackagesAreCurrent() {
  const wanted = packagesOf('package-lock.json')
  const installed = packagesOf(join('node_modules', '.package-lock.json')) // npm writes it as the last step of an installation
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.includes('node_modules/')) return true // the workspaces themselves
    const found = installed[path]
    if (!found) return optional === true // optional: for another operating system or processor
    return link === true ? found.link === true : found.version === version
  })
}

/**
 * @typedef {Record<string, { version?: string, link?: boolean, optional?: boolean }>} Packages
 * @param {string} lockFile
 * @returns {Packages | undefined}
 */
function packagesOf(lockFile) {
  try {
    const { packages } = /** @type {{ packages: Packages }} */ (JSON.parse(readFileSync(join(root, lockFile), 'utf8')))
    return packages
  } catch {
    return undefined // absent or cut short: install
  }
}

/**
 * A database server, which may as well run elsewhere.
 * @param {string} name
 * @param {string} debian
 * @param {string} path
 * @param {string} override
 */
function server(name, debian, path, override) {
  return { name, usedBy: 'test/stores', debian, path, override, running: `${override}_URL` }
}

function missingFromSystem() {
  return SYSTEM.filter(({ path, override, running }) => {
    if (running && process.env[running]) return false
    return !isThere(process.env[override] || path)
  })
}

/** @param {string} path */
function isThere(path) {
  const [before, after] = path.split('/*/')
  if (before === undefined || after === undefined) return existsSync(path)
  return existsSync(before) && readdirSync(before).some((folder) => existsSync(join(before, folder, after)))
}

function installSystemPackages() {
  const missing = missingFromSystem()
  if (missing.length === 0) return

  const installable = missing.filter(({ override }) => !process.env[override])
  const obstacle = installable.length === 0 ? undefined : (whyAptCannotInstall() ?? aptInstall(installable.map(({ debian }) => debian)))
  const left = missingFromSystem()
  for (const { name, usedBy, debian, path, override, running } of left) {
    const why = process.env[override]
      ? `${override} names ${process.env[override]}, which does not exist`
      : (obstacle ?? `apt-get put no ${path}`)
    say(`${name} is missing (${why}). ${usedBy} needs it${ci ? '' : ' and is skipped'}.`)
    const elsewhere = running ? `, or ${running} a server that runs (see compose.yaml)` : ''
    say(
      `  install it with \`sudo apt-get install -y --no-install-recommends ${debian}\`, or let ${override} name the executable${elsewhere}`,
    )
  }
  if (left.length > 0 && ci) process.exit(1)
}

/** @returns {string | undefined} */
function whyAptCannotInstall() {
  if (!(process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'apt-get')))) return 'this machine has no apt-get'
  if (process.getuid?.() !== 0) return 'only root may install it'
  return undefined
}

/**
 * @param {string[]} names
 * @returns {string | undefined} why it failed
 */
function aptInstall(names) {
  const protects = writeIfAbsent(POLICY, NO_SERVICES, 0o755)
  try {
    const backports = names.includes('valkey-server') && addBackports()
    say(`installing ${names.join(', ')} (apt-get install)`)
    if (!backports && apt('install', names).ok) return undefined
    say('refreshing the package lists first (apt-get update)')
    apt('update', [])
    const all = apt('install', names)
    if (backports && !hasCandidate('valkey-server')) rmSync(BACKPORTS) // this machine's network has none: leave no source that fails
    if (all.ok) return undefined
    const refused = names.filter((name) => !apt('install', [name]).ok) // one that is not to be had must not keep the others away
    return refused.length === 0 ? undefined : `apt-get: ${all.output.trim().split('\n').at(-1)}`
  } finally {
    const hasSystemd = existsSync('/run/systemd/system')
    if (hasSystemd) for (const name of names) run('systemctl', ['disable', name]) // or it would start with the machine; most have no service
    if (protects) rmSync(POLICY, { force: true })
  }
}

/**
 * @param {'install' | 'update'} what
 * @param {string[]} names
 */
function apt(what, names) {
  const patience = ['Acquire::Retries=2', 'Acquire::http::Timeout=30', 'Acquire::https::Timeout=30', 'DPkg::Lock::Timeout=120']
  const options = patience.flatMap((option) => ['-o', option])
  return run('apt-get', [...options, what, ...(what === 'install' ? ['-y', '--no-install-recommends', ...names] : [])])
}

/** @returns {boolean} whether the package lists have to be refreshed for it */
function addBackports() {
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  if (!/^ID=debian$/m.test(system) || !/^VERSION_CODENAME=bookworm$/m.test(system) || hasCandidate('valkey-server')) return false
  return writeIfAbsent(BACKPORTS, BACKPORTS_SOURCE, 0o644)
}

/** @param {string} name */
function hasCandidate(name) {
  return /Candidate: (?!\(none\))/.test(run('apt-cache', ['policy', name]).output)
}

/**
 * @param {string} path
 * @param {string} text
 * @param {number} mode
 * @returns {boolean} whether it was absent
 */
function writeIfAbsent(path, text, mode) {
  if (existsSync(path)) return false
  writeFileSync(path, text, { mode, flag: 'wx' })
  return true
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  })
  return { ok: status === 0, output: error ? error.message : `${stdout}${stderr}` }
}

/**
 * @param {string} version
 * @param {number} major
 * @param {number} minor
 */
function atLeast(version, major, minor) {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number)
  return foundMajor > major || (foundMajor === major && foundMinor >= minor)
}

/** @param {string} line */
function say(line) {
  console.error(`setup: ${line}`)
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message)
  process.exit(1)
}
