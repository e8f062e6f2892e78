import { keyArn, parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import {
  always,
  boolean,
  type Input,
  list as listOf,
  type Members,
  optional,
  text,
} from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import { accountPermission } from '../account-operation.ts'
import { type GrantAnswer, grantEntry } from '../grants/grant-entry.ts'
import { checkPrincipalArn, PRINCIPAL, SERVICE_PRINCIPAL, wantedName } from '../grants/grant-party.ts'
import { RETIRABLE_GRANT } from '../grants/grant-record.ts'
import { findGrant, retirablePartition } from '../grants/grants.ts'
import { findKey } from '../keys/keys.ts'
import { GRANT_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'
import { PAGING, pageEnd, pageLimit, storeMarker } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 50, max: 100 }

const INPUT = {
  RetiringPrincipal: optional(PRINCIPAL),
  RetiringServicePrincipal: optional(SERVICE_PRINCIPAL),
  ...PAGING,
} satisfies Members

type ListInput = Input<typeof INPUT>

/**
 * Lists the grants of the region that a principal may retire, on all keys.
 * Source: AWS KMS API Reference, "ListRetirableGrants".
 */
export const listRetirableGrants: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'ListRetirableGrants',
    readOnly: true,
    input: INPUT,
    output: {
      Grants: always(listOf(GRANT_LIST_ENTRY_ANSWER)),
      NextMarker: text(),
      Truncated: always(boolean()),
    },
  },
  async ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

/** @throws ValidationException, InvalidArnException. */
function begin(call: Call, input: ListInput, dependencies: KmsDependencies) {
  const { RetiringPrincipal: arn, RetiringServicePrincipal: service } = input
  if ((arn === undefined) === (service === undefined)) throw new KmsError('ValidationException', ONE_RETIRING)
  checkPrincipalArn(arn)
  const permission = accountPermission(call, 'ListRetirableGrants')
  return {
    permissions: [
      arn === undefined
        ? permission
        : { ...permission, resource: arn, account: parseArn(arn)?.account ?? permission.account },
    ],
    run: () => list(call, input, dependencies),
  }
}

const ONE_RETIRING = 'Exactly one of RetiringPrincipal and RetiringServicePrincipal must be specified.'

async function list(call: Call, input: ListInput, dependencies: KmsDependencies) {
  const { RetiringPrincipal: arn, RetiringServicePrincipal: service } = input
  const { records } = dependencies
  const { region, now } = call
  const retiring = (await wantedName(dependencies, { arn, service })) ?? ''
  const page = await records.list(RETIRABLE_GRANT, {
    partition: retirablePartition(region, retiring),
    after: storeMarker(input),
    limit: pageLimit(input, PAGE_SIZE),
  })
  const entries: GrantAnswer[] = []
  for (const { value } of page.records) {
    const wait = dependencies.giveWay()
    if (wait !== undefined) await wait
    const { account, keyId, grantId } = value
    const key = await findKey({ records, region, now }, { type: 'key', account, keyId })
    const grant = key && (await findGrant(records, key, grantId))
    if (grant !== undefined)
      entries.push(await grantEntry(dependencies, keyArn(region, account, keyId), grant))
  }
  return { output: { Grants: entries, ...pageEnd(page.next) } }
}
