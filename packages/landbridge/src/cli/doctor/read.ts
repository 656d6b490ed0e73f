/** `landbridge doctor <file>`: reads it, whatever it is, and asks its hosts where that is wanted. */
import { createReadStream } from 'node:fs'
import process from 'node:process'
import { UsageError } from '../command.ts'
import { readDocument } from './document.ts'
import type { Examined } from './examined.ts'
import { besideEachOther } from './examined.ts'
import { askHosts } from './live.ts'
import { findingMasker, masked } from './mask.ts'
import { readModule } from './read-module.ts'
import type { ConfigurationReport, Section } from './report.ts'

export interface ReadOptions {
  /** How long a module may take to load, in milliseconds. */
  readonly waitMs: number
  readonly live: boolean
  readonly localPort: number
}

const DOCUMENT_BYTES = 1_000_000

/** Throws `UsageError` for what it cannot read. */
export async function readConfiguration(file: string, { waitMs, live, localPort }: ReadOptions): Promise<ConfigurationReport> {
  if (file !== '-' && !/\.(?:json|[cm]?[jt]s)$/i.test(file)) {
    throw new UsageError(`doctor reads a .ts, .js or .json file, or - for JSON on standard input, and ${JSON.stringify(file)} is none.`)
  }
  const isModule = !/^-$|\.json$/i.test(file)
  const { examined, secrets, more, problems } = isModule ? await ofModule(file, waitMs) : await ofDocument(file)
  const together = besideEachOther(examined)
  const asked = live ? await askHosts(together, localPort) : { examined: together, problems: [] }
  const sections: Section[] = asked.examined.map(({ name, findings }) => ({ name, findings }))
  if (more.length > 0) sections.push({ name: file, findings: more })
  const withoutSecrets = findingMasker(secrets)
  return {
    sections: sections.map((section) => ({ ...section, findings: section.findings.map(withoutSecrets) })),
    problems: [...problems, ...asked.problems].map((problem) => masked(problem, [])),
  }
}

interface Read {
  readonly examined: readonly Examined[]
  readonly secrets: readonly string[]
  readonly more: Section['findings']
  readonly problems: readonly string[]
}

async function ofModule(file: string, waitMs: number): Promise<Read> {
  const { examined, findings, problem } = await readModule(file, waitMs)
  return { examined, secrets: [], more: findings, problems: problem === null ? [] : [problem] }
}

async function ofDocument(file: string): Promise<Read> {
  const name = file === '-' ? 'standard input' : file
  return { ...readDocument(await textOf(file, name), name), more: [], problems: [] }
}

async function textOf(file: string, name: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const source = file === '-' ? process.stdin : createReadStream(file)
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > DOCUMENT_BYTES) throw new UsageError(`${name} is longer than 1 MB.`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(code === 'ENOENT' ? `there is no file ${file}.` : `${name} cannot be read (${code}).`)
  }
  return Buffer.concat(chunks).toString('utf8')
}
