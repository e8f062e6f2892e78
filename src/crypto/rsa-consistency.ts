import { checkPrime, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { whileUsing } from './openssl-threads.ts'

const isPrime = promisify((candidate: bigint, done: (error: Error | null, prime: boolean) => void) =>
  checkPrime(candidate, done),
)

/**
 * The smallest public exponent, below which signatures and ciphertexts depend on padding alone.
 * Source: FIPS 186-5, section A.1.1.
 */
const EXPONENT_MIN = 65537n
/** The upper bound of exponents, so that a verification takes microseconds. Source: OpenSSL's limit for large moduli. */
const EXPONENT_END = 2n ** 64n

/**
 * Whether the numbers of an RSA private key are consistent: two different primes, inverse exponents, and the
 * correct CRT parameters.
 *
 * The primes are tested on OpenSSL's threads. Source: RFC 8017, section 3.2; NIST SP 800-56B, section 6.4.1.
 */
export async function isConsistentRsa(handle: KeyObject): Promise<boolean> {
  const jwk = handle.export({ format: 'jwk' })
  // Further primes: the checks below would ignore their numbers.
  if ('oth' in jwk && jwk.oth !== undefined) return false
  const numbers = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(parseNumber)
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp = 0n, dq = 0n, qi = 0n] = numbers
  if (p < 3n || q < 3n || p === q || p * q !== n) return false
  if (e < EXPONENT_MIN || e >= EXPONENT_END || e % 2n === 0n) return false
  if (d >= n || (e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n) return false
  if (dp !== d % (p - 1n) || dq !== d % (q - 1n) || qi >= p || (qi * q) % p !== 1n) return false
  return await whileUsing(async () => (await isPrime(p)) && (await isPrime(q)))
}

function parseNumber(text: string | undefined): bigint {
  const hex = Buffer.from(text ?? '', 'base64url').toString('hex')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}
