/** For tests: vectors that others have published, each file with its source. */

import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { PublicKey } from '../../src/crypto/asymmetric-key.ts'
import type { PrivateSpec } from '../../src/crypto/private-spec.ts'

/** A vector: texts, and what they say of it in the source. */
type Named = { readonly name: string }

/** What a file of `published` has. */
type Published<V> = { readonly source: string; readonly vectors: readonly V[] }

/** The content of a file of `published`, which must name its source and have vectors. */
export async function readPublished<V extends Named, M extends object = object>(
  name: string,
): Promise<Published<V> & M> {
  const url = new URL(`published/${name}.json`, import.meta.url)
  const published = JSON.parse(await readFile(url, 'utf8')) as Published<V> & M
  assert.ok(published.source.length > 0 && published.vectors.length > 0)
  return published
}

/** One test for each vector of a file. */
export async function testPublished<V extends Named>(
  name: string,
  check: (vector: V) => void | Promise<void>,
): Promise<void> {
  for (const vector of (await readPublished<V>(name)).vectors) {
    test(`${name}: ${vector.name}`, () => check(vector))
  }
}

export function bytesOf(hex: string): Buffer<ArrayBuffer> {
  return Buffer.from(hex, 'hex')
}

/** A number of a JWK. */
export function base64url(hex: string): string {
  return bytesOf(hex).toString('base64url')
}

/** A public key from the numbers of a JWK, in hexadecimal digits. */
export function publicKeyOf(spec: PrivateSpec, numbers: Readonly<Record<string, string>>): PublicKey {
  const key = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, isText(name) ? value : base64url(value)]),
  )
  return { spec, handle: createPublicKey({ key, format: 'jwk' }) }
}

function isText(name: string): boolean {
  return name === 'kty' || name === 'crv'
}
