import { type AsnType, type BaseBlock, Constructed, fromBER, ObjectIdentifier, Sequence } from 'asn1js'
import { Refused, refuseUnless } from './refused.ts'

/** The limits of the parser; a certificate has about 60 values in 7 levels. */
const LIMITS = { maxDepth: 16, maxNodes: 500, parseEmbedded: false } as const

/** Parses bytes that are exactly one ASN.1 value. @throws Refused. Source: X.690. */
export function parseAsn1(bytes: Uint8Array): AsnType {
  const { offset, result } = decode(bytes)
  refuseUnless(offset === bytes.length && result.error === '', 'it holds bytes that are not ASN.1')
  return result
}

function decode(bytes: Uint8Array) {
  try {
    return fromBER(new Uint8Array(bytes), LIMITS)
  } catch (error) {
    throw new Refused('it holds bytes that are not ASN.1', { cause: error })
  }
}

/** The values of a SEQUENCE. @throws Refused for any other value. */
export function sequenceItems(value: BaseBlock | undefined): readonly BaseBlock[] {
  refuseUnless(value instanceof Sequence, 'it holds ASN.1 without a SEQUENCE where one must be')
  return constructedItems(value)
}

/**
 * The values within a constructed value. They must fill it exactly, which the library does not check.
 *
 * @throws Refused when they do not, or when the length is indefinite.
 */
export function constructedItems({ idBlock, lenBlock, valueBlock }: Constructed): readonly BaseBlock[] {
  const items = valueBlock.value
  const sizeBytes = items.reduce((sum, item) => sum + item.valueBeforeDecodeView.length, 0)
  refuseUnless(
    idBlock.isConstructed && !lenBlock.isIndefiniteForm && lenBlock.length === sizeBytes,
    'it holds ASN.1 with a length that is not that of its values',
  )
  return items
}

/** The text of an OBJECT IDENTIFIER. @throws Refused for any other value. */
export function identifierText(value: BaseBlock | undefined): string {
  refuseUnless(
    value instanceof ObjectIdentifier,
    'it holds ASN.1 without an OBJECT IDENTIFIER where one must be',
  )
  return value.getValue()
}

/** The received bytes of a value, tag and length included. */
export function encodedBytes(value: BaseBlock | undefined): Uint8Array {
  refuseUnless(value !== undefined, 'it holds ASN.1 with values missing')
  return value.valueBeforeDecodeView
}

/** The class of context-specific tags. Source: X.690, section 8.1.2.2. */
const CONTEXT = 3

/** Whether a value has a context-specific tag with this number. */
export function isContext(value: BaseBlock | undefined, number: number): value is Constructed {
  const { idBlock } = value ?? {}
  return value instanceof Constructed && idBlock?.tagClass === CONTEXT && idBlock.tagNumber === number
}
