export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? Number.NaN
  if (sorted.length % 2 === 1) return high
  return ((sorted[middle - 1] ?? Number.NaN) + high) / 2
}

/** "0.38–0.41", or one number where both ends round to the same. */
export function range(values: readonly number[], digits = 2): string {
  const low = Math.min(...values).toFixed(digits)
  const high = Math.max(...values).toFixed(digits)
  return low === high ? low : `${low}–${high}`
}
