import { parseArn } from '../api/arn.ts'
import { SERVICES } from '../api/services.ts'
import { inSlices } from '../base/slices.ts'
import { pathedArn } from '../iam/entities/arns.ts'
import type { RoleValue } from '../iam/iam-records.ts'
import { bindTrust, parseDocumentSteps } from '../iam/policies/documents.ts'
import { trustPolicy } from '../iam/policies/policies.ts'
import type { CompiledPolicy } from '../policy/compile.ts'
import type { ExplainingDependencies } from './explain-dependencies.ts'
import type { RebuildDependencies } from './rebuild.ts'
import { type Trial, tryPolicy, type WhatIf } from './what-if.ts'

/** A proposed trust policy of a role. */
export type TrustProposal = {
  readonly account: string
  readonly role: RoleValue
  readonly text: string
  /** The account that the answer is for, which may not learn about others; without it, every principal is looked up. */
  readonly onlyFor: string | undefined
}

/** Checks a trust policy as UpdateAssumeRolePolicy does, without the principals of accounts of which nothing may be told. @throws MalformedPolicyDocumentException. */
export async function parseTrust(
  { records, giveWay }: ExplainingDependencies,
  { role, text, onlyFor }: TrustProposal,
): Promise<CompiledPolicy> {
  const document = await inSlices(parseDocumentSteps(text, 'trust'), giveWay)
  const mayLookUp = (arn: string): boolean =>
    onlyFor === undefined || (parseArn(arn)?.account ?? onlyFor) === onlyFor
  const bound = await bindTrust({ records, giveWay }, text, document, mayLookUp)
  return trustPolicy({ ...role, ...bound })
}

/** What is tried, and the calls to decide again. */
type TrustQuestion = Pick<Trial, 'fromSecond' | 'toSecond' | 'page'> & {
  readonly proposal: TrustProposal
  readonly policy: CompiledPolicy
}

const STS_SOURCE = SERVICES.sts.eventSource

/** Decides the recorded calls of STS for a role twice, in all regions: with its trust policy, and with another one. */
export function whatIfTrust(
  dependencies: RebuildDependencies,
  { proposal, policy, ...wanted }: TrustQuestion,
): Promise<WhatIf> {
  const { account, role, onlyFor } = proposal
  const arn = pathedArn(account, 'role', role)
  return tryPolicy(dependencies, {
    ...wanted,
    onlyFor,
    attribute: { name: 'ResourceName', value: arn },
    covers: (scope) => onlyFor === undefined || scope.account === onlyFor,
    concerns: ({ eventSource }) => eventSource === STS_SOURCE,
    otherwise: async ({ call, permissions }) => ({
      call,
      permissions: permissions.map((permission) =>
        permission.resource === arn ? { ...permission, policy } : permission,
      ),
    }),
  })
}
