import { toHex } from '../base/bytes.ts'
import type { EpochMs } from '../base/ports.ts'
import { parseCbor } from './cbor.ts'
import { refuseUnless } from './refused.ts'

/** The attested party: a Nitro enclave, or an instance with a NitroTPM. */
export type AttestedBy = 'enclave' | 'nitrotpm'

/** The members of an attestation document, not verified. */
export type AttestationDocument = {
  readonly by: AttestedBy
  readonly moduleId: string
  readonly madeAt: EpochMs
  /** Platform configuration registers by index, as lower-case hexadecimal. */
  readonly registers: ReadonlyMap<number, string>
  /** The certificate of the key that signed the document, in DER. */
  readonly certificate: Uint8Array
  /** The certificates above it, from the root downwards, in DER. */
  readonly bundle: readonly Uint8Array[]
  /** The SubjectPublicKeyInfo to which answers are encrypted. */
  readonly publicKey: Uint8Array | undefined
}

/** Source for all limits that name no other: AWS Nitro Enclaves User Guide, "Verifying the root of trust". */
const CERTIFICATE_MAX_BYTES = 1024
const USER_DATA_MAX_BYTES = 1024
const REGISTER_BYTES: readonly number[] = [32, 48, 64]
/** The number of registers of each kind. The TPM's: TCG PC Client Platform TPM Profile, section 4.6. */
const REGISTERS = { enclave: 32, nitrotpm: 24 } as const
/** The maximum number of certificates, each of which needs a signature verification. AWS has no limit, and uses four. */
const BUNDLE_MAX_CERTIFICATES = 8
/** AWS requires only that it is not empty. Audit events contain it, so it must be printable. */
const MODULE_ID = /^[\x21-\x7e]{1,256}$/

/**
 * Parses the members of a document. It ignores unknown ones, so that AWS may add some; optional ones may be absent
 * or null, as in AWS's documents.
 *
 * @throws Refused.
 */
export function parseDocument(payload: Uint8Array): AttestationDocument {
  const members = parseCbor(payload)
  refuseUnless(members instanceof Map, 'its payload is not a map')
  const { by, registers } = parseRegisters(members)
  refuseUnless(members.get('digest') === 'SHA384', 'its digest is not SHA384')
  optionalBytes(members, 'user_data', 0)
  optionalBytes(members, 'nonce', 0)
  return {
    by,
    registers,
    moduleId: parseModuleId(members.get('module_id')),
    madeAt: parseTimestamp(members.get('timestamp')),
    certificate: parseCertificateBytes(members.get('certificate'), 'certificate'),
    bundle: parseBundle(members.get('cabundle')),
    publicKey: optionalBytes(members, 'public_key', 1),
  }
}

type Members = ReadonlyMap<unknown, unknown>

function parseRegisters(members: Members): {
  readonly by: AttestedBy
  readonly registers: ReadonlyMap<number, string>
} {
  const enclave = members.get('pcrs') ?? undefined
  const nitrotpm = members.get('nitrotpm_pcrs') ?? undefined
  refuseUnless(
    (enclave === undefined) !== (nitrotpm === undefined),
    'it must have one of pcrs and nitrotpm_pcrs',
  )
  const by = enclave === undefined ? 'nitrotpm' : 'enclave'
  const given = enclave ?? nitrotpm
  refuseUnless(given instanceof Map && given.size > 0, 'its registers are not a map with entries')
  const registers = new Map<number, string>()
  for (const [index, value] of given) {
    refuseUnless(
      Number.isInteger(index) && index >= 0 && index < REGISTERS[by],
      `it has a register that is not one of 0 to ${REGISTERS[by] - 1}`,
    )
    refuseUnless(
      value instanceof Uint8Array && REGISTER_BYTES.includes(value.length),
      'it has a register that does not have 32, 48 or 64 bytes',
    )
    registers.set(index, toHex(value))
  }
  return { by, registers }
}

function parseModuleId(value: unknown): string {
  refuseUnless(
    typeof value === 'string' && MODULE_ID.test(value),
    'its module_id is not 1 to 256 printable characters',
  )
  return value
}

function parseTimestamp(value: unknown): EpochMs {
  refuseUnless(
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0,
    'its timestamp is not a time',
  )
  return value
}

function parseBundle(value: unknown): readonly Uint8Array[] {
  refuseUnless(
    Array.isArray(value) && value.length > 0 && value.length <= BUNDLE_MAX_CERTIFICATES,
    `its cabundle is not a list of 1 to ${BUNDLE_MAX_CERTIFICATES} certificates`,
  )
  return value.map((item) => parseCertificateBytes(item, 'cabundle'))
}

function parseCertificateBytes(value: unknown, name: string): Uint8Array {
  refuseUnless(
    value instanceof Uint8Array && value.length > 0 && value.length <= CERTIFICATE_MAX_BYTES,
    `its ${name} is not of byte strings of 1 to ${CERTIFICATE_MAX_BYTES} bytes`,
  )
  return value
}

function optionalBytes(members: Members, name: string, minBytes: number): Uint8Array | undefined {
  const value = members.get(name) ?? undefined
  if (value === undefined) return undefined
  refuseUnless(
    value instanceof Uint8Array && value.length >= minBytes && value.length <= USER_DATA_MAX_BYTES,
    `its ${name} is not a byte string of ${minBytes} to ${USER_DATA_MAX_BYTES} bytes`,
  )
  return value
}
