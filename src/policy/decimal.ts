/** A decimal number, exact: the value is ± `whole`.`fraction`. */
export type Decimal = {
  readonly negative: boolean
  /** Without leading zeros; empty for none. */
  readonly whole: string
  /** Without trailing zeros; empty for none. */
  readonly fraction: string
}

/** Digits and sign: longer than any number that has a use. */
const DECIMAL_MAX_CHARS = 64
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** A number such as `7`, `-0.50`; nothing for any other text. Exponents are not part of the language. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > DECIMAL_MAX_CHARS) return undefined
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, integer = '', decimals = ''] = match
  const whole = integer.replace(/^0+/, '')
  const fraction = decimals.replace(/0+$/, '')
  return { negative: sign === '-' && whole + fraction !== '', whole, fraction }
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
