/** A decimal number, exact: the value is ± `whole`.`fraction`. */
export type Decimal = {
  readonly negative: boolean
  /** Without leading zeros; empty for none. */
  readonly whole: string
  /** Without trailing zeros; empty for none. */
  readonly fraction: string
}

/** Digits, sign and exponent: longer than any number that has a use. */
const DECIMAL_MAX_CHARS = 64
/** Of the exponent, without its sign: that of the largest number that has a use, a double. */
const EXPONENT_MAX = 308
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** A number such as `7`, `-0.50`, `1e3`; nothing for any other text. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > DECIMAL_MAX_CHARS) return undefined
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, integer = '', decimals = '', exponent] = match
  const [large, small] =
    exponent === undefined ? [integer, decimals] : shift(integer, decimals, Number(exponent))
  if (large === undefined) return undefined
  const whole = large.replace(/^0+/, '')
  const fraction = small.replace(/0+$/, '')
  return { negative: sign === '-' && whole + fraction !== '', whole, fraction }
}

/** The digits before and after the point when it moves to the right; nothing when it moves too far. */
function shift(integer: string, decimals: string, places: number): readonly [string | undefined, string] {
  if (Math.abs(places) > EXPONENT_MAX) return [undefined, '']
  if (places >= 0) {
    const padded = decimals.padEnd(places, '0')
    return [integer + padded.slice(0, places), padded.slice(places)]
  }
  const padded = integer.padStart(-places, '0')
  const at = padded.length + places
  return [padded.slice(0, at), padded.slice(at) + decimals]
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1
  const size = compareSizes(a, b)
  return a.negative ? -size : size
}

function compareSizes(a: Decimal, b: Decimal): number {
  return (
    a.whole.length - b.whole.length || compareText(a.whole, b.whole) || compareText(a.fraction, b.fraction)
  )
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
