import { accountRootArn } from '../../api/arn.ts'
import type { ValueOf } from '../../api/shapes.ts'
import type { Stored } from '../../store/records.ts'
import { epochSeconds } from '../keys/metadata.ts'
import type { GRANT_CONSTRAINTS_ANSWER, GRANT_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { shownPrincipal, shownService } from './grant-party.ts'
import type { GrantConstraints, GrantValue } from './grant-record.ts'

/** A grant in an answer. */
export type GrantAnswer = ValueOf<typeof GRANT_LIST_ENTRY_ANSWER>

/** A grant as lists show it. Source: AWS KMS API Reference, "GrantListEntry". */
export async function grantEntry(
  dependencies: KmsDependencies,
  keyArn: string,
  { name, value }: Stored<GrantValue>,
): Promise<GrantAnswer> {
  const { grantee, retiring, constraints } = value
  return {
    KeyId: keyArn,
    GrantId: name,
    Name: value.name ?? '',
    CreationDate: epochSeconds(value.createdAt),
    GranteePrincipal: await shownPrincipal(dependencies, grantee),
    GranteeServicePrincipal: shownService(grantee),
    RetiringPrincipal: await shownPrincipal(dependencies, retiring),
    RetiringServicePrincipal: shownService(retiring),
    IssuingAccount: accountRootArn(value.issuingAccount),
    Operations: value.operations,
    Constraints: shownConstraints(constraints),
  }
}

function shownConstraints({
  equals,
  subset,
  sourceArn,
}: GrantConstraints): ValueOf<typeof GRANT_CONSTRAINTS_ANSWER> | undefined {
  if (equals === undefined && subset === undefined && sourceArn === undefined) return undefined
  return {
    EncryptionContextEquals: equals && Object.fromEntries(equals),
    EncryptionContextSubset: subset && Object.fromEntries(subset),
    SourceArn: sourceArn,
  }
}
