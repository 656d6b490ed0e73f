import type { Answer } from './client.ts'

/** The cookies of one host, as a browser that goes nowhere else keeps them. */
export class Cookies {
  readonly kept = new Map<string, string>()

  /** Takes what an answer sets, and lets go of what it clears. */
  take({ setCookies }: Pick<Answer, 'setCookies'>): this {
    for (const line of setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/;\s*Max-Age=0\b/.test(line)) this.kept.delete(name!)
      else this.kept.set(name!, value!)
    }
    return this
  }

  /** The Cookie header; `undefined` when there are none. */
  get header(): string | undefined {
    const pairs = [...this.kept].map(([name, value]) => `${name}=${value}`)
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  get names(): string[] {
    return [...this.kept.keys()]
  }
}
