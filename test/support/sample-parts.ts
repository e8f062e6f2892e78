/** For tests: the resources for the sample of a KMS operation. */

import { newKey, succeed } from './calls.ts'
import type { Sample, SampleParts } from './samples.ts'
import type { TestServer } from './server.ts'

const counter = { aliases: 0 }

/**
 * Creates a key for one call, with its alias and the resources of the sample.
 * @param finish sets the key's state.
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
