#!/usr/bin/env node
import process from 'node:process'
import { NOT_RUN } from './command.ts'
import { run } from './run.ts'

// What keeps the output from being written is told at the end, without a stack.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const code = await run(process.argv.slice(2))
process.stdout.write('', () => {
  const errored: NodeJS.ErrnoException | null = process.stdout.errored
  const failed = errored?.code
  // Whoever reads may have read enough, as `head` does.
  const isLost = failed !== undefined && failed !== 'EPIPE'
  if (isLost) process.stderr.write(`landbridge: the output cannot be written (${failed}).\n`)
  // A driver that holds its connection open must not hold the command.
  process.exit(isLost ? NOT_RUN : code)
})
