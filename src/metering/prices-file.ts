import { readFile } from 'node:fs/promises'
import { type Prices, PricesError, parsePrices } from './prices.ts'

/** The price table in a file. @throws PricesError. */
export async function readPricesFile(path: string): Promise<Prices> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new PricesError(`${path} cannot be read`, { cause })
  }
  try {
    return parsePrices(text)
  } catch (cause) {
    throw new PricesError(`${path}: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
