import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { Command, ExitCode, Values } from './command.ts'
import { FINE, NOT_RUN, UsageError } from './command.ts'
import { doctor } from './doctor.ts'
import { keygen } from './keygen.ts'
import { scan } from './scan.ts'

const COMMANDS: readonly Command[] = [doctor, keygen, scan]

/** Runs what the arguments ask for, and resolves with the exit code. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === '--version') return tell(version())
  if (name === undefined || name === '--help' || name === 'help') return tell(overview(), name === undefined ? NOT_RUN : FINE)
  try {
    const command = commandOf(name)
    const { values, positionals } = parse(command, rest)
    return values['help'] === true ? tell(command.help) : await command.run(values, positionals)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`landbridge: ${error.message}\n`)
    return NOT_RUN
  }
}

function commandOf(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name)
  if (command !== undefined) return command
  throw new UsageError(`there is no command ${JSON.stringify(name)}. There is: ${COMMANDS.map((each) => each.name).join(', ')}.`)
}

function parse({ name, options, positionals }: Command, args: readonly string[]): { values: Values; positionals: readonly string[] } {
  const known = { ...options, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: positionals !== undefined })
  } catch (error) {
    throw new UsageError(complaint(error as NodeJS.ErrnoException, name, Object.keys(known)))
  }
}

function complaint({ code, message }: NodeJS.ErrnoException, name: string, known: readonly string[]): string {
  const [, quoted = ''] = /'([^']*)'/.exec(message) ?? []
  const more = `\`landbridge ${name} --help\` shows examples.`
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return `${name} has no option ${quoted}. It has ${known.map((each) => `--${each}`).join(', ')}; ${more}`
  }
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `${name} takes options only, and ${JSON.stringify(quoted)} is none. ${more}`
  return `${message.split('. ')[0]}. ${more}`
}

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`)
  return `Usage: landbridge <command> [options]\n\n${lines.join('\n')}\n\n\`landbridge <command> --help\` tells more of each.`
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function tell(text: string, code: ExitCode = FINE): ExitCode {
  process.stdout.write(`${text}\n`)
  return code
}
