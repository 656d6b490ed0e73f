#!/usr/bin/env node
import process from 'node:process'
import { run } from './run.ts'

const code = await run(process.argv.slice(2))
// A driver that holds its connection open must not hold the command.
process.stdout.write('', () => process.exit(code))
