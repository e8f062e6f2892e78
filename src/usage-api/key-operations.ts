import type { OutputValue } from '../api/json.ts'
import { type Answer, anything, boolean, integer, list, text } from '../api/shapes.ts'
import type { IndexAnswer } from '../audit-index/index-service.ts'
import { inSlices } from '../base/slices.ts'
import type { ReportedKey } from '../compliance/facts.ts'
import { reportKey } from '../compliance/gather/keys.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import { impactInSlices, jsonOfImpact, SHOWN_MAX } from '../compliance/impact.ts'
import { jsonOfMaterials, materialUsage } from '../compliance/materials.ts'
import type { KeyPlace } from '../kms/keys/key-materials.ts'
import { withCapitals } from './capitals.ts'
import { findOwnKey, KEY_INPUT, keyNotFound } from './own-key.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'

const IMPACT = {
  Key: anything(),
  Aliases: list(text()),
  MultiRegion: anything(),
  KeyStore: anything(),
  Users: anything(),
  MoreUsers: integer(),
  Grants: anything(),
  MoreGrants: integer(),
  Statements: anything(),
  MoreStatements: integer(),
  Consequences: anything(),
  Current: boolean(),
}
const MATERIALS = { KeyArn: text(), Materials: anything(), Current: boolean() }

type KeyInvocation = Invocation<typeof KEY_INPUT, KeyPlace>

async function report(
  invocation: KeyInvocation,
  { withGrants }: { readonly withGrants: boolean },
): Promise<{ readonly key: ReportedKey; readonly current: boolean }> {
  const { call, dependencies, subject } = invocation
  let current = false
  const touches = async (arn: string): Promise<IndexAnswer<ReportedKey['touches']>['value']> => {
    const answer = await dependencies.touches(arn)
    current = answer.current
    return answer.value
  }
  const key = await reportKey({ ...dependencies, touches, withGrants }, subject, call.now)
  if (key === undefined) throw keyNotFound(subject.keyId)
  return { key, current }
}

/** Reports who uses a key, what refers to it, and what fails without it. */
export const getKeyImpact = usageOperation(
  { name: 'GetKeyImpact', input: KEY_INPUT, output: IMPACT, find: findOwnKey },
  async (invocation) => {
    const { key, current } = await report(invocation, { withGrants: true })
    // The answer shows no policies of other accounts.
    const { records, giveWay } = invocation.dependencies
    const impact = await impactInSlices(key, await reportPrincipals(records, giveWay, [key.account]), giveWay)
    const shown = await inSlices(withCapitals(jsonOfImpact(impact)), giveWay)
    return { output: { ...parseImpact(shown), Current: current } }
  },
)

/** Reports which key materials of a key are still used to decrypt. */
export const getMaterialUsage = usageOperation(
  { name: 'GetMaterialUsage', input: KEY_INPUT, output: MATERIALS, find: findOwnKey },
  async (invocation) => {
    const { key, current } = await report(invocation, { withGrants: false })
    const usage = materialUsage(key).map((one) => ({ ...one, users: one.users.slice(0, SHOWN_MAX) }))
    const Materials = await inSlices(withCapitals(jsonOfMaterials(usage)), invocation.dependencies.giveWay)
    return { output: { KeyArn: key.arn, Materials, Current: current } }
  },
)

/** Parses a key's report, an object with these members. */
function parseImpact(value: OutputValue): Answer<typeof IMPACT> {
  return value as Answer<typeof IMPACT>
}
