/** The file of the HTML report. Whether it can be written is found out before anything is asked of a server. */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../command.ts'
import { shown } from './shown.ts'

/** Throws when the file could not be written. */
export function checkWritable(file: string): void {
  try {
    if (file === '') throw Object.assign(new Error('no name'), { code: 'it has no name' })
    writeWith(file, (beside) => {
      if (beside !== null) writeFileSync(beside, '', { flag: 'wx' })
    })
  } catch (error) {
    throw new UsageError(whyNot(file, error))
  }
}

/** The whole file or nothing of it: whoever reads it meanwhile sees the one before. Throws as `checkWritable` does. */
export function writeWhole(file: string, text: string): void {
  try {
    writeWith(file, (beside, path) => {
      writeFileSync(beside ?? path, text)
      if (beside !== null) renameSync(beside, path)
    })
  } catch (error) {
    throw new UsageError(whyNot(file, error))
  }
}

/** `beside` is a name in the same folder that is removed at the end; `null` for what is no file, such as a pipe. */
function writeWith(file: string, write: (beside: string | null, path: string) => void): void {
  const path = existsSync(file) ? realpathSync(file) : resolve(file)
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind?.isDirectory() === true) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  if (kind !== undefined) accessSync(path, constants.W_OK)
  const beside = kind === undefined || kind.isFile() ? `${path}.${randomBytes(6).toString('hex')}.part` : null
  try {
    write(beside, path)
  } finally {
    if (beside !== null) rmSync(beside, { force: true })
  }
}

const whyNot = (file: string, error: unknown): string =>
  `the report cannot be written to ${JSON.stringify(shown(file))} (${(error as NodeJS.ErrnoException).code}).`
