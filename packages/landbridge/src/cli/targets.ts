/** How to reach each kind of store by a URL, and how to leave nothing behind there. */
import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import process from 'node:process'
import { memory } from '../stores/memory.ts'
import { sqlite } from '../stores/sqlite.ts'
import { UsageError } from './command.ts'
import { redisTarget } from './redis-target.ts'
import { mysqlTarget, postgresTarget } from './sql-targets.ts'
import type { StoreTarget, TargetOptions } from './store-target.ts'
import { note } from './store-target.ts'

type Open = (options: TargetOptions, scratch: string) => Promise<StoreTarget> | StoreTarget

const TARGETS: Readonly<Record<string, Open>> = {
  'memory:': memoryTarget,
  'sqlite:': sqliteTarget,
  'redis:': redisTarget,
  'rediss:': redisTarget,
  'postgres:': postgresTarget,
  'postgresql:': postgresTarget,
  'mysql:': mysqlTarget,
}

/** Connects, and rejects when that fails. Throws `UsageError` for a URL that it does not understand. */
export async function openTarget(options: TargetOptions): Promise<StoreTarget> {
  const [scheme = ''] = /^[a-z]+:/i.exec(options.url) ?? []
  const open = TARGETS[scheme.toLowerCase()]
  const known = Object.keys(TARGETS).join(', ')
  if (open === undefined)
    throw new UsageError(`the URL of --store begins with one of ${known} and ${scheme || 'this one'} is none of them.`)
  return open(options, `landbridge-doctor-${randomBytes(6).toString('hex')}`)
}

function memoryTarget(): StoreTarget {
  return {
    scratch: 'the memory of this process',
    make: () => memory(),
    facts: () => Promise.resolve([note('Sessions end with the process, and other processes do not see them.')]),
    clean: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  }
}

/** A file beside the one that is named, on the same disk: what is in that one is not touched. */
function sqliteTarget({ url }: TargetOptions, scratch: string): StoreTarget {
  const path = decodeURIComponent(url.replace(/^sqlite:(?:\/\/(?=\/))?/i, ''))
  if (path === '') throw new UsageError('sqlite: is followed by a path, as in sqlite:./sessions.db')
  const file = `${path}.${scratch}`
  const files = ['', '-wal', '-shm'].map((suffix) => file + suffix)
  return {
    scratch: file,
    make: () => [sqlite(file), sqlite(file)],
    facts: () => Promise.resolve([note(`Node ${process.version}. The file itself was not opened: the one beside it is on the same disk.`)]),
    clean() {
      for (const each of files) rmSync(each, { force: true })
      return Promise.resolve(!files.some((each) => existsSync(each)))
    },
    close: () => Promise.resolve(),
  }
}
