import protobuf from 'protobufjs/minimal.js'

const { Reader, Writer } = protobuf

/**
 * The messages of Kubernetes' service `v2.KeyManagementService`, as protocol buffers.
 *
 * Source: Kubernetes, KMS provider API v2: field numbers and types of `StatusResponse`, `EncryptRequest`,
 * `EncryptResponse`, `DecryptRequest` and `DecryptResponse`.
 */

/** The answer of Status. */
export type StatusResponse = {
  readonly version: string
  /** `ok`, or why the plug-in cannot be used. */
  readonly healthz: string
  readonly keyId: string
}

/** A call of Encrypt. */
export type EncryptRequest = {
  readonly plaintext: Uint8Array
  /** Identifies the call in the logs of both sides. */
  readonly uid: string
}

/** The answer of Encrypt. Its annotations stay empty. */
export type EncryptResponse = { readonly ciphertext: Uint8Array; readonly keyId: string }

/** A call of Decrypt: what Encrypt answered. */
export type DecryptRequest = {
  readonly ciphertext: Uint8Array
  readonly uid: string
  readonly keyId: string
}

/** The answer of Decrypt. */
export type DecryptResponse = { readonly plaintext: Uint8Array }

type Field = string | Uint8Array

/** Fields from number 1 on; an empty one is left out, as protocol buffers require of a default. */
function encodeFields(...fields: readonly Field[]): Buffer {
  const writer = Writer.create()
  for (const [index, field] of fields.entries()) {
    if (field.length === 0) continue
    const tag = writer.uint32(((index + 1) << TAG_BITS) | LENGTH_DELIMITED)
    if (typeof field === 'string') tag.string(field)
    else tag.bytes(field)
  }
  return Buffer.from(writer.finish())
}

const TAG_BITS = 3
const LENGTH_DELIMITED = 2

/** The length-delimited fields by their numbers; the last one of a number counts. @throws RangeError for cut-off bytes. */
function decodeFields(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const reader = Reader.create(bytes)
  const fields = new Map<number, Uint8Array>()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const wireType = tag & ((1 << TAG_BITS) - 1)
    if (wireType === LENGTH_DELIMITED) fields.set(tag >>> TAG_BITS, Uint8Array.from(reader.bytes()))
    else reader.skipType(wireType)
  }
  return fields
}

function bytesOf(fields: ReadonlyMap<number, Uint8Array>, number: number): Uint8Array {
  return fields.get(number) ?? new Uint8Array(0)
}

function textOf(fields: ReadonlyMap<number, Uint8Array>, number: number): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(fields, number))
}

/** Encodes the answer of Status. */
export function encodeStatusResponse({ version, healthz, keyId }: StatusResponse): Buffer {
  return encodeFields(version, healthz, keyId)
}

/** Encodes the answer of Encrypt. */
export function encodeEncryptResponse({ ciphertext, keyId }: EncryptResponse): Buffer {
  return encodeFields(ciphertext, keyId)
}

/** Encodes the answer of Decrypt. */
export function encodeDecryptResponse({ plaintext }: DecryptResponse): Buffer {
  return encodeFields(plaintext)
}

/** Parses a call of Encrypt. @throws Error for what is no such message. */
export function parseEncryptRequest(bytes: Uint8Array): EncryptRequest {
  const fields = decodeFields(bytes)
  return { plaintext: bytesOf(fields, 1), uid: textOf(fields, 2) }
}

/** Parses a call of Decrypt; its annotations mean nothing here. @throws Error for what is no such message. */
export function parseDecryptRequest(bytes: Uint8Array): DecryptRequest {
  const fields = decodeFields(bytes)
  return { ciphertext: bytesOf(fields, 1), uid: textOf(fields, 2), keyId: textOf(fields, 3) }
}
