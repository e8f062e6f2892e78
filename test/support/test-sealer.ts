/** For tests: a deployment's sealer with a public test root key. */

import { type Random, systemRandom } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { recordSealer } from '../../src/custody/record-sealer.ts'
import type { Sealer } from '../../src/store/sealed.ts'

/** A sealer with a root key of 32 bytes. */
export function testSealer(rootKey: Uint8Array = new Uint8Array(32), random: Random = systemRandom): Sealer {
  using root = new Secret(Uint8Array.from(rootKey))
  return recordSealer(root, random)
}
