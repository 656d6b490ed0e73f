#!/usr/bin/env node
import process from 'node:process'
import { NOT_RUN } from './command.ts'
import { secretsOf, shownMessage } from './doctor/mask.ts'
import { run } from './run.ts'

// A report that could not be written, to a full disk or to a program that is gone, is none.
process.stdout.on('error', () => process.exit(NOT_RUN))
process.stderr.on('error', () => process.exit(NOT_RUN))

const args = process.argv.slice(2)
const code = await run(args).catch((error: unknown) => {
  process.stderr.write(`landbridge: it broke off: ${shownMessage(error, [...args.slice(1), ...secretsOf(process.env)])}\n`)
  return NOT_RUN
})
// A driver that holds its connection open must not hold the command.
process.stdout.write('', (error) => process.exit(error ? NOT_RUN : code))
