/** What only a system like Linux has: whose process it is, with whom it ends, and which others it made. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'

export type Owner = { readonly uid: number; readonly gid: number }

/** Its child is killed by the kernel when we end, however we end. */
const SETPRIV = '/usr/bin/setpriv'

/** A command that ends with this process, whatever ends this process. */
export function tied(command: string, args: readonly string[]): [string, string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'KILL', command, ...args]] : [command, [...args]]
}

/** Root runs the servers as somebody with no rights: some refuse to be root, and none needs it. */
export function ownerFor(user: string): Owner | null {
  if (process.getuid?.() !== 0) return null
  const [, uid, gid] = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (uid === undefined) throw new Error(`This machine has no user "${user}", as which root would run the server.`)
  return { uid: Number(uid), gid: Number(gid) }
}

/** A process and all its descendants, parents first. PostgreSQL serves each connection from a process of its own, in a group of its own. */
export function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)]
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return [] // it ended meanwhile, or this system has no /proc
  }
}

/** The processes that work in a folder. */
export function processesIn(folder: string): number[] {
  const all = existsSync('/proc') ? readdirSync('/proc').map(Number).filter(Boolean) : []
  return all.filter((pid) => {
    try {
      return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)
    } catch {
      return false // it ended, or belongs to somebody else
    }
  })
}

export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {
      continue // it ended by itself meanwhile
    }
  }
}

/** Whether every thread of a stopped process has come to its stop: the signal takes its time to reach those that run. */
export function standsStill(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.every((thread) => /\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')))
  } catch {
    return true // it ended meanwhile, or this system has no /proc
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
