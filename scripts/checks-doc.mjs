// Writes docs/checks.md from the catalogues of `landbridge doctor` and `landbridge scan`: node scripts/checks-doc.mjs, after a build.
import { existsSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const built = new URL('../packages/landbridge/dist/cli/checks/', import.meta.url)
const page = new URL('../docs/checks.md', import.meta.url)

/**
 * @typedef {{ readonly id: string, readonly level: string, readonly title: string, readonly why: string, readonly fix: string }} Check
 * @typedef {{ readonly command: string, readonly about: string, readonly checks: readonly Check[] }} Catalogue
 */

const CATALOGUES = [
  {
    command: 'doctor',
    file: 'doctor-checks.js',
    name: 'doctorChecks',
    about: '[`landbridge doctor`](doctor.md) reads a configuration, and asks the network only with `--live`.',
  },
  {
    command: 'scan',
    file: 'scan-checks.js',
    name: 'scanChecks',
    about: '[`landbridge scan`](scan.md) looks at any web application from outside.',
  },
]

const INTRODUCTION = `# Checks

What \`landbridge doctor\` and \`landbridge scan\` look for. This page is written from the catalogues in
\`packages/landbridge/src/cli/checks\` by \`npm run checks-doc\`; a test fails when it is not what they say.

An id is stable: it never changes its meaning between versions, so scripts may name it; one that both commands have means the same. **fault**: sessions can be stolen or do not work; the exit
code is 1. **warning**: safe today, and one step from a fault. **note**: worth knowing. A finding may have another level than its check where the
particulars make it lighter or graver.
`

/** @returns {Promise<string>} */
export async function checksPage() {
  const parts = [INTRODUCTION]
  for (const { command, file, name, about } of CATALOGUES) {
    const module = new URL(file, built)
    // The one or the other may not be there yet.
    if (!existsSync(module)) continue
    const catalogue = /** @type {Record<string, readonly Check[]>} */ (await import(module.href))
    parts.push(section({ command, about, checks: catalogue[name] ?? [] }))
  }
  return parts.join('\n')
}

/** @param {Catalogue} catalogue */
function section({ command, about, checks }) {
  const rows = checks.map(({ id, level, title, why, fix }) => `| \`${id}\` | ${level} | ${cell(title)} | ${cell(why)} | ${cell(fix)} |`)
  return [
    `## landbridge ${command}`,
    '',
    about,
    '',
    '| id | level | what | why it matters | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|')

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, await checksPage())
