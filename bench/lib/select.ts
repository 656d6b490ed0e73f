import { readdirSync } from 'node:fs'

const FOLDER = new URL('../subjects/', import.meta.url)

/** Every file of the folder is a subject: its name is the framework, a dash, the library. */
export function subjects(): string[] {
  const names = readdirSync(FOLDER).map((file) => file.replace(/\.ts$/, ''))
  return names.sort((a, b) => rank(a).localeCompare(rank(b)))
}

/** The subjects that were asked for, and the ceilings they are compared with. */
export function select(names: string[], only: string[]): string[] {
  const wanted = names.filter((name) => matches(name, only))
  const ceilings = new Set(wanted.map(ceilingOf))
  return names.filter((name) => wanted.includes(name) || ceilings.has(name))
}

export function matches(name: string, only: string[]): boolean {
  return only.length === 0 || only.some((text) => name.includes(text))
}

export function ceilingOf(name: string): string {
  return `${frameworkOf(name)}-ceiling`
}

export function frameworkOf(name: string): string {
  return name.split('-', 1)[0] ?? name
}

/** The ceiling first, then Landbridge, then the others. */
function rank(name: string): string {
  const library = name.slice(frameworkOf(name).length + 1)
  const place = library === 'ceiling' ? 0 : library.startsWith('landbridge') ? 1 : 2
  return `${frameworkOf(name)} ${place} ${library}`
}
