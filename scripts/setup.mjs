// Installs what is missing and nothing else; silent when nothing is. Runs before anything is installed, therefore on the machine's own
// Node (20 or newer) and without any package.
//
//   node scripts/setup.mjs           npm packages
//   node scripts/setup.mjs --tests   and the system packages that the tests need
//
// What cannot be installed is named together with the tests that need it. With CI=true that is a failure; otherwise those tests are
// reported as skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ci = process.env.CI === 'true'

/**
 * What only the system's package manager can provide.
 * @type {{ name: string, usedBy: string, debian: string, path: string, override: string }[]}
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
]

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

function installSystemPackages() {
  const missing = SYSTEM.filter(({ path, override }) => !existsSync(process.env[override] || path))
  if (missing.length === 0) return

  const installable = missing.filter(({ override }) => !process.env[override])
  const obstacle = installable.length === 0 ? undefined : (whyAptCannotInstall() ?? aptInstall(installable.map(({ debian }) => debian)))
  const left = missing.filter(({ path, override }) => !existsSync(process.env[override] || path))
  for (const { name, usedBy, debian, path, override } of left) {
    const why = process.env[override]
      ? `${override} names ${process.env[override]}, which does not exist`
      : (obstacle ?? `apt-get put no ${path}`)
    say(`${name} is missing (${why}). ${usedBy} needs it${ci ? '' : ' and is skipped'}.`)
    say(`  install it with \`sudo apt-get install -y --no-install-recommends ${debian}\`, or let ${override} name the executable`)
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
  const apt = [
    '-o',
    'Acquire::Retries=2',
    '-o',
    'Acquire::http::Timeout=30',
    '-o',
    'Acquire::https::Timeout=30',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...names]
  say(`installing ${names.join(', ')} (apt-get install)`)
  if (run('apt-get', install).ok) return undefined
  say('refreshing the package lists first (apt-get update)')
  run('apt-get', [...apt, 'update'])
  const { ok, output } = run('apt-get', install)
  return ok ? undefined : `apt-get: ${output.trim().split('\n').at(-1)}`
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
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
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
