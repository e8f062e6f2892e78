/** For tests: a deployment's sealer with a public test root key. */

import { type Random, systemClock, systemRandom } from '../../src/base/ports.ts'
import { Secret } from '../../src/base/secret.ts'
import { DeploymentKeys } from '../../src/custody/deployment-keys.ts'
import { recordSealer } from '../../src/custody/record-sealer.ts'
import { firstRootKeys } from '../../src/custody/root-keys.ts'
import type { Sealer } from '../../src/store/sealed.ts'

/** A sealer with a root key of 32 bytes. */
export function testSealer(rootKey: Uint8Array = new Uint8Array(32), random: Random = systemRandom): Sealer {
  return recordSealer(testKeys(rootKey), random)
}

/** The keys of a deployment with a root key of 32 bytes. */
export function testKeys(rootKey: Uint8Array = new Uint8Array(32)): DeploymentKeys {
  using root = new Secret(Uint8Array.from(rootKey))
  return new DeploymentKeys(firstRootKeys(root), systemClock)
}
