import type { InputOf, OutputOf } from '../../api/client.ts'
import type { Pair } from '../../shared/pair-fields.tsx'

type Facts = NonNullable<OutputOf<'DescribeKey'>['KeyMetadata']>

/** A pair of an encryption context. */
export type TryPair = Pair

/** What to try, as {@link WAYS} orders it. */
export type Way = (typeof WAYS)[number]
/** The tabs of the page. */
const WAYS = ['encrypt', 'reEncrypt', 'dataKeys', 'sign', 'mac', 'agreement', 'encapsulation'] as const

/** The key of the page, and what it is for. */
export type TryTarget = {
  readonly keyId: string
  readonly context: Readonly<Record<string, string>> | undefined
  readonly encryption: readonly NonNullable<InputOf<'Encrypt'>['EncryptionAlgorithm']>[]
  readonly signing: readonly InputOf<'Sign'>['SigningAlgorithm'][]
  readonly macs: readonly InputOf<'GenerateMac'>['MacAlgorithm'][]
}

/** What each tab gets. */
export type TryProps = { readonly target: TryTarget }

/** The encryption context that pairs make; nothing when there are none. */
export function contextOf(pairs: readonly TryPair[]): Readonly<Record<string, string>> | undefined {
  const filled = pairs.filter(({ key }) => key !== '')
  return filled.length === 0 ? undefined : Object.fromEntries(filled.map(({ key, value }) => [key, value]))
}

/** What a key is for; a symmetric encryption key as long as nobody knows better. */
export function waysOf(facts: Pick<Facts, 'KeyUsage' | 'KeySpec'> | undefined): readonly Way[] {
  switch (facts?.KeyUsage) {
    case 'SIGN_VERIFY':
      return ['sign']
    case 'GENERATE_VERIFY_MAC':
      return ['mac']
    case 'KEY_AGREEMENT':
      return ['agreement']
    case 'ENCAPSULATE_DECAPSULATE':
      return ['encapsulation']
    default: {
      const isSymmetric = (facts?.KeySpec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT'
      return isSymmetric ? ['encrypt', 'reEncrypt', 'dataKeys'] : ['encrypt', 'reEncrypt']
    }
  }
}
