import { keyArn, parseArn } from '../../api/arn.ts'
import { KmsError } from '../../api/errors.ts'
import type { Output } from '../../api/json.ts'
import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call, Operation, Outcome, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import { accountPermission } from '../account-operation.ts'
import { grantEntry } from '../grants/grant-entry.ts'
import { checkPrincipalArn, PRINCIPAL, SERVICE_PRINCIPAL, wantedName } from '../grants/grant-party.ts'
import { RETIRABLE_GRANT } from '../grants/grant-record.ts'
import { findGrant, retirablePartition } from '../grants/grants.ts'
import { findKey } from '../keys/keys.ts'
import type { KmsOperation, KmsParts } from '../kms-dependencies.ts'
import { PAGING, pageLimit, pageOutput, storeMarker } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 50, max: 100 }

const INPUT = {
  RetiringPrincipal: optional(PRINCIPAL),
  RetiringServicePrincipal: optional(SERVICE_PRINCIPAL),
  ...PAGING,
} satisfies Members

type ListInput = Input<typeof INPUT>

/**
 * Lists the grants of the region that a principal may retire, on whatever keys they are.
 * Source: AWS KMS API Reference, "ListRetirableGrants".
 */
export const listRetirableGrants: KmsOperation = (parts): Operation => ({
  service: 'kms',
  name: 'ListRetirableGrants',
  readOnly: true,
  members: INPUT,
  parameters: (input) => shownParameters(INPUT, input),
  begin: async (call) => begin(call, call.input as ListInput, parts),
})

/** @throws ValidationException, InvalidArnException. */
function begin(call: Call, input: ListInput, parts: KmsParts): Work {
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
    check: () => {},
    run: () => list(call, input, parts),
  }
}

const ONE_RETIRING = 'Exactly one of RetiringPrincipal and RetiringServicePrincipal must be specified.'

async function list(call: Call, input: ListInput, parts: KmsParts): Promise<Outcome> {
  const { RetiringPrincipal: arn, RetiringServicePrincipal: service } = input
  const { records } = parts
  const { region, now } = call
  const retiring = (await wantedName(parts, { arn, service })) ?? ''
  const page = await records.list(RETIRABLE_GRANT, {
    partition: retirablePartition(region, retiring),
    after: storeMarker(input),
    limit: pageLimit(input, PAGE_SIZE),
  })
  const entries: Output[] = []
  for (const { value } of page.records) {
    const wait = parts.giveWay()
    if (wait !== undefined) await wait
    const { account, keyId, grantId } = value
    const key = await findKey({ records, region, now }, { type: 'key', account, keyId })
    const grant = key && (await findGrant(records, key, grantId))
    if (grant !== undefined) entries.push(await grantEntry(parts, keyArn(region, account, keyId), grant))
  }
  return { output: pageOutput('Grants', entries, page.next) }
}
