#!/usr/bin/env node
import process from 'node:process'
import { NOT_RUN } from './command.ts'
import { secretsOf, shownMessage } from './doctor/mask.ts'
import { run } from './run.ts'
import { complain } from './terminal.ts'

// What keeps the output from being written is told at the end, without a stack.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const args = process.argv.slice(2)
const code = await run(args).catch((error: unknown) => {
  complain(`it broke off: ${shownMessage(error, [...args.slice(1), ...secretsOf(process.env)])}`)
  return NOT_RUN
})
process.stdout.write('', () => {
  const errored: NodeJS.ErrnoException | null = process.stdout.errored
  const failed = errored?.code
  // Whoever reads may have read enough, as `head` does.
  const isLost = failed !== undefined && failed !== 'EPIPE'
  if (isLost) complain(`the output cannot be written (${failed}).`)
  // A driver that holds its connection open must not hold the command.
  process.exit(isLost ? NOT_RUN : code)
})
