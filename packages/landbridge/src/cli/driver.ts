import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { UsageError } from './command.ts'

/**
 * Loads the driver that the project in the current folder has, and which its application therefore talks to the server with. The
 * library itself depends on none.
 */
export async function loadDriver<Driver extends string>(names: readonly Driver[]): Promise<{ name: Driver; module: unknown }> {
  const resolve = createRequire(join(process.cwd(), 'package.json')).resolve
  for (const name of names) {
    const path = resolved(resolve, name)
    if (path !== null) return { name, module: await import(pathToFileURL(path).href) }
  }
  throw new UsageError(
    `${process.cwd()} has no ${names.join(' and no ')} installed. Run this where your application is, or install one: npm install ${names[0]}`,
  )
}

function resolved(resolve: NodeJS.RequireResolve, name: string): string | null {
  try {
    return resolve(name)
  } catch {
    return null // Not installed: the next one may be.
  }
}
