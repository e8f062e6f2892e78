/** Digits after the point: enough for one call. */
const DIGITS_MAX = 6

/** Returns a cost in its currency. */
export function formatCost(cost: number | undefined, currency: string | undefined): string {
  if (cost === undefined || currency === undefined) return '–'
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: DIGITS_MAX }
  return `${cost.toLocaleString(undefined, digits)} ${currency}`
}
