/** For tests: opens ciphertexts for recipients. It accepts only the exact layout that enclaves expect. */

import assert from 'node:assert/strict'
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto'

/** The parts of an envelope. */
export type Envelope = {
  readonly keyIdentifier: Uint8Array
  readonly encryptedKey: Uint8Array
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
}

/** Reads an encoding from the front and checks each part. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take(count: number): Uint8Array {
    assert.ok(this.#at + count <= this.#bytes.length, 'the encoding is cut off')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** Reads exactly these bytes. */
  expect(hex: string): void {
    assert.equal(Buffer.from(this.take(hex.length / 2)).toString('hex'), hex)
  }

  /** Reads a value with this tag, whose length must be definite and in its shortest form. Returns its content. */
  value(tag: number): Uint8Array {
    assert.equal(this.take(1)[0], tag)
    const [first = 0] = this.take(1)
    if (first < 0x80) return this.take(first)
    const count = first - 0x80
    assert.ok(count === 1 || count === 2, 'the length is definite')
    const length = Number(`0x${Buffer.from(this.take(count)).toString('hex')}`)
    assert.ok(length >= (count === 1 ? 0x80 : 0x100), 'the length is in its shortest form')
    return this.take(length)
  }

  end(): void {
    assert.equal(this.#at, this.#bytes.length, 'nothing is left')
  }
}

const ENVELOPED_DATA = '06092a864886f70d010703'
const DATA = '06092a864886f70d010701'
const OAEP_SHA256 =
  '303c06092a864886f70d010107302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500'
const AES_256_CBC = '060960864801650304012a'
const VERSION_2 = '020102'
const INDEFINITE_SEQUENCE = '3080'
const INDEFINITE_0 = 'a080'
const END = '0000'

/** Parses the parts of an envelope. Fails if any byte of its frame differs. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const all = new Reader(bytes)
  for (const hex of [INDEFINITE_SEQUENCE, ENVELOPED_DATA, INDEFINITE_0, INDEFINITE_SEQUENCE, VERSION_2]) {
    all.expect(hex)
  }
  const recipients = new Reader(all.value(0x31))
  const recipient = new Reader(recipients.value(0x30))
  recipients.end()
  recipient.expect(VERSION_2)
  const keyIdentifier = recipient.value(0x80)
  recipient.expect(OAEP_SHA256)
  const encryptedKey = recipient.value(0x04)
  recipient.end()
  all.expect(INDEFINITE_SEQUENCE)
  all.expect(DATA)
  const algorithm = new Reader(all.value(0x30))
  algorithm.expect(AES_256_CBC)
  const iv = algorithm.value(0x04)
  algorithm.end()
  all.expect(INDEFINITE_0)
  const ciphertext = all.value(0x04)
  // End-of-contents bytes of the content, its info, the enveloped data, its tag, and the whole.
  all.expect(END.repeat(5))
  all.end()
  return { keyIdentifier, encryptedKey, iv, ciphertext }
}

/** Decrypts an envelope. Returns the plaintext. */
export function openEnvelope(bytes: Uint8Array, privateKey: KeyObject): Uint8Array {
  const { encryptedKey, iv, ciphertext } = readEnvelope(bytes)
  const contentKey = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    encryptedKey,
  )
  const decipher = createDecipheriv('aes-256-cbc', contentKey, iv)
  return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
}
