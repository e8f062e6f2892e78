/** For tests: what the sample of an operation of KMS is made from. */

import { newKey, succeed } from './calls.ts'
import type { Sample, SampleParts } from './samples.ts'
import type { TestServer } from './server.ts'

const counter = { aliases: 0 }

/**
 * A key of its own for one call: with what the sample makes of it, and an alias. @param finish gives the key the
 * wanted state.
 */
export async function sampleParts(
  server: TestServer,
  sample: Sample,
  finish: (keyId: string) => Promise<unknown> = async () => {},
): Promise<SampleParts> {
  const keyId = await newKey(server, sample.key)
  const made = await (sample.make?.((name, input) => succeed(server, name, input), keyId) ?? {})
  counter.aliases += 2
  const alias = `alias/present-${counter.aliases}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: keyId })
  await finish(keyId)
  return { keyId, made, alias, freeAlias: `alias/free-${counter.aliases}` }
}
