// Compiles the library, bundles its browser client, then removes output whose source is gone: a module that was deleted must not be published. Output is replaced
// in place, never emptied first, so that tests and servers which run meanwhile keep working.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const library = fileURLToPath(new URL('../packages/landbridge', import.meta.url))
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

for (const project of [library, join(library, 'src/client')]) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

// The client comes as one file each: a module, and a script that needs no module loader.
for (const { name, format } of /** @type {const} */ ([
  { name: 'index', format: 'es' },
  { name: 'landbridge', format: 'iife' },
])) {
  await build({
    input: join(library, `src/client/${name}.ts`),
    platform: 'browser',
    output: { file: join(library, `dist/client/${name}.js`), format, minify: true, sourcemap: true },
    logLevel: 'warn',
  })
}

for (const entry of readdirSync(join(library, 'dist'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const output = join(entry.parentPath, entry.name)
  const source = relative(join(library, 'dist'), output).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
  if (!existsSync(join(library, 'src', source))) rmSync(output)
}
