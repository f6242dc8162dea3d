/** The value that a share `p` of `values` does not exceed; 0 of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? 0
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** To a tenth. */
export function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
