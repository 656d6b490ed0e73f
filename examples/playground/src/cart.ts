/** What the two shops sell, and the cart in the session. */
export interface CartItem {
  readonly name: string
  readonly count: number
  /** Host on which it was put into the cart. */
  readonly from: string
}

export const GOODS: Readonly<Record<string, readonly string[]>> = {
  'shop-a.localhost': ['Tea', 'Honey', 'Rye bread'],
  'shop-b.localhost': ['Coffee', 'Jam', 'Oat cakes'],
}

const LINES = 20
const COUNT = 99

export function withOneMore(cart: readonly CartItem[] | undefined, name: string, from: string): readonly CartItem[] {
  const items = cart ?? []
  const there = items.find((item) => item.name === name)
  if (there) return items.map((item) => (item === there ? { ...item, count: Math.min(item.count + 1, COUNT) } : item))
  return [...items, { name, count: 1, from }].slice(0, LINES)
}
