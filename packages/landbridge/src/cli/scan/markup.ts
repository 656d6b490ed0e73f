/** HTML in which every value is text unless it was made here. */
import { escape } from '../../core/pages.ts'
import { shown } from './shown.ts'

export class Markup {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

type Value = string | number | Markup | readonly Markup[]

/** A template whose values are escaped, also within attributes that stand in double quotes. */
export function html(literals: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(literals.map((literal, i) => literal + (i < values.length ? sourceOf(values[i]!) : '')).join(''))
}

function sourceOf(value: Value): string {
  if (value instanceof Markup) return value.source
  if (typeof value === 'object') return value.map(({ source }) => source).join('')
  return escape(shown(String(value)))
}

export const NOTHING: Markup = html``
