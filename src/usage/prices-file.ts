import { usingGiven } from '../base/given-file.ts'
import { readRegularText } from '../base/regular-file.ts'
import { type Prices, parsePrices } from './prices.ts'

/** The price table in the file of `HOLDFAST_PRICES`, if it is set. @throws UsageError with the setting and the file. */
export async function readPricesFile(path: string | undefined): Promise<Prices | undefined> {
  if (path === undefined) return undefined
  return usingGiven({ name: 'HOLDFAST_PRICES', path }, async () => parsePrices(await readRegularText(path)))
}
