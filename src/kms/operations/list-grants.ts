import { KmsError } from '../../api/errors.ts'
import { always, boolean, type Input, list, type Members, optional, text } from '../../api/shapes.ts'
import type { Stored } from '../../store/records.ts'
import { type GrantAnswer, grantEntry } from '../grants/grant-entry.ts'
import { forAwsResource, GRANT_ID } from '../grants/grant-input.ts'
import { PRINCIPAL, partyName, SERVICE_PRINCIPAL, wantedName } from '../grants/grant-party.ts'
import { GRANT, type GrantValue, grantPartition } from '../grants/grant-record.ts'
import { granteeChunks } from '../grants/grantee-index.ts'
import { checkGrantId, findGrant } from '../grants/grants.ts'
import { KEY_ID, keyOperation } from '../key-operation.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { GRANT_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies } from '../kms-dependencies.ts'
import { PAGING, pageAfter, pageEnd, pageLimit, storeMarker } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 50, max: 100 }

const INPUT = {
  KeyId: KEY_ID,
  GrantId: optional(GRANT_ID),
  GranteePrincipal: optional(PRINCIPAL),
  GranteeServicePrincipal: optional(SERVICE_PRINCIPAL),
  ...PAGING,
} satisfies Members

type ListInput = Input<typeof INPUT>

/** Lists the grants on a key. Source: AWS KMS API Reference, "ListGrants". */
export const listGrants = keyOperation(
  {
    name: 'ListGrants',
    readOnly: true,
    aliases: false,
    crossAccount: true,
    states: ANY_STATE,
    input: INPUT,
    output: {
      Grants: always(list(GRANT_LIST_ENTRY_ANSWER)),
      NextMarker: text(),
      Truncated: always(boolean()),
    },
    checkInput: (input) => {
      checkGrantId(input.GrantId)
      if (input.GranteePrincipal !== undefined && input.GranteeServicePrincipal !== undefined) {
        throw new KmsError('ValidationException', ONE_GRANTEE)
      }
    },
    context: (_, call) => forAwsResource(call),
  },
  async ({ input, key, dependencies }) => {
    const { grants, next } = await find(input, key, dependencies)
    const entries: GrantAnswer[] = []
    for (const grant of grants) {
      const wait = dependencies.giveWay()
      if (wait !== undefined) await wait
      entries.push(await grantEntry(dependencies, key.arn, grant))
    }
    return { output: { Grants: entries, ...pageEnd(next) } }
  },
)

const ONE_GRANTEE = 'GranteePrincipal and GranteeServicePrincipal cannot be specified together.'

type Found = { readonly grants: readonly Stored<GrantValue>[]; readonly next: string | undefined }

async function find(input: ListInput, key: Key, dependencies: KmsDependencies): Promise<Found> {
  const { GrantId, GranteePrincipal: arn, GranteeServicePrincipal: service } = input
  const limit = pageLimit(input, PAGE_SIZE)
  const grantee = await wantedName(dependencies, { arn, service })
  if (GrantId !== undefined) {
    const grant = await findGrant(dependencies.records, key, GrantId)
    const wanted = grant && (grantee === undefined || partyName(grant.value.grantee) === grantee)
    return { grants: grant && wanted ? [grant] : [], next: undefined }
  }
  if (grantee !== undefined) return ofGrantee(input, key, dependencies, grantee)
  const { records, next } = await dependencies.records.list(GRANT, {
    partition: grantPartition(key),
    after: storeMarker(input),
    limit,
  })
  return { grants: records, next }
}

/** Sorted by ID, since the index has no stable order. */
async function ofGrantee(
  input: ListInput,
  key: Key,
  dependencies: KmsDependencies,
  grantee: string,
): Promise<Found> {
  const chunks = await granteeChunks(dependencies.records, { partition: grantPartition(key), grantee })
  const ids = chunks.flatMap(({ value }) => value.grantIds).toSorted()
  const { items, next } = pageAfter(ids, input, PAGE_SIZE)
  const grants: Stored<GrantValue>[] = []
  for (const grantId of items) {
    const grant = await findGrant(dependencies.records, key, grantId)
    if (grant !== undefined) grants.push(grant)
  }
  return { grants, next }
}
