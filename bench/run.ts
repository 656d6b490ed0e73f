// npm run bench: what a session costs, over HTTP and inside one process. --help explains the flags.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { HELP, readFlags } from './lib/flags.ts'
import { select, subjects } from './lib/select.ts'
import { measure, type Samples } from './lib/http.ts'
import { profile } from './lib/profile.ts'
import { report } from './lib/report.ts'
import { startServers } from './lib/servers.ts'

const flags = readFlags(process.argv.slice(2))
const names = select(subjects(), flags.only)

if (flags.help) console.log(HELP)
else if (flags.list) console.log(subjects().join('\n'))
else if (flags.profile !== undefined) await profile(flags.profile, flags)
else {
  if (flags.http) console.log(report(await measureWithServers()))
  if (flags.inProcess) inProcess()
}

async function measureWithServers(): Promise<Samples> {
  const stop = await startServers(names)
  try {
    return await measure(names, flags)
  } finally {
    await stop()
  }
}

/** In a process of its own: what ran before must not have shaped its heap or its code. */
function inProcess(): void {
  const file = fileURLToPath(new URL('in-process.ts', import.meta.url))
  const only = flags.only.flatMap((text) => ['--only', text])
  console.log()
  const { status } = spawnSync(process.execPath, ['--expose-gc', file, ...only], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
