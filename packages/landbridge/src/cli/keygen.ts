import { randomBytes } from 'node:crypto'
import process from 'node:process'
import type { Command, ExitCode, Values } from './command.ts'
import { FINE } from './command.ts'

const HELP = `Usage: landbridge keygen [--env]

Prints a new key for \`keys\`: 32 random bytes, as 43 characters of base64url. Nothing else comes on standard output, so it can be piped.

  --env              LANDBRIDGE_KEY=<key>, a line for a .env file.
  -h, --help         This text.

Examples:
  npx landbridge keygen
  npx landbridge keygen --env >> .env
  npx landbridge keygen | docker secret create landbridge-key -

To replace a key without signing anybody out:
  1. Put the new one first and deploy:   keys: [process.env.LANDBRIDGE_KEY, process.env.LANDBRIDGE_OLD_KEY]
     The first one seals, all of them open.
  2. Wait until what the old one sealed has expired: the absolute lifetime (14 days unless you set it) is enough for everything.
  3. Remove the old one and deploy again.
With several servers, let all of them know the new key before the first one seals with it: deploy keys: [old, new] once before step 1.

Exit code: 0, or 2 for a wrong option.`

const ADVICE =
  'Put it first in `keys`, keep the old one behind it until what that one sealed has expired, then remove it: `landbridge keygen --help` says how long.'

const BYTES = 32

export const keygen: Command = {
  name: 'keygen',
  summary: 'prints a new key, and says how one takes the place of another',
  help: HELP,
  options: { env: { type: 'boolean' } },
  run: printKey,
}

function printKey(values: Values): Promise<ExitCode> {
  const key = randomBytes(BYTES).toString('base64url')
  process.stdout.write(`${values['env'] === true ? 'LANDBRIDGE_KEY=' : ''}${key}\n`)
  // Where a program reads, nothing but the key.
  if (process.stdout.isTTY && process.stderr.isTTY) process.stderr.write(`${ADVICE}\n`)
  return Promise.resolve(FINE)
}
