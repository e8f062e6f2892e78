import { readRegularText } from '../base/regular-file.ts'
import { UsageError } from '../base/usage-error.ts'
import { type Prices, parsePrices } from './prices.ts'

/** The price table in the file of `HOLDFAST_PRICES`, if it is set. @throws UsageError with the setting and the file. */
export async function readPricesFile(path: string | undefined): Promise<Prices | undefined> {
  if (path === undefined) return undefined
  let text: string
  try {
    text = await readRegularText(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`HOLDFAST_PRICES ${path} cannot be read: ${reason}`, { cause })
  }
  try {
    return parsePrices(text)
  } catch (cause) {
    throw new UsageError(`HOLDFAST_PRICES ${path}: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
