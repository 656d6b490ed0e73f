// Compiles the library, then removes output whose source is gone: a module that was deleted must not be published. Output is replaced
// in place, never emptied first, so that tests and servers which run meanwhile keep working.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const library = fileURLToPath(new URL('../packages/landbridge', import.meta.url))
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

const { status } = spawnSync(process.execPath, [compiler, '-p', library], { stdio: 'inherit' })
if (status !== 0) process.exit(1)

for (const entry of readdirSync(join(library, 'dist'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const output = join(entry.parentPath, entry.name)
  const source = relative(join(library, 'dist'), output).replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')
  if (!existsSync(join(library, 'src', source))) rmSync(output)
}
