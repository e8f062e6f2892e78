import { aliasArn } from '../../api/arn.ts'
import type { Output } from '../../api/json.ts'
import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call, Operation, Outcome, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import type { Stored } from '../../store/records.ts'
import { accountPermission } from '../account-operation.ts'
import { KEY_ID, resolveKey } from '../key-operation.ts'
import { ALIAS, type AliasValue, partitionOf } from '../key-record.ts'
import { ANY_STATE } from '../key-state.ts'
import type { Key } from '../keys.ts'
import { epochSeconds } from '../metadata.ts'
import { PAGING, pageLimit, pageOf, pageOutput, storeMarker } from '../paging.ts'
import type { KmsOperation, KmsParts } from '../parts.ts'

const PAGE_SIZE = { byDefault: 50, max: 100 }

const INPUT = { KeyId: optional(KEY_ID), ...PAGING } satisfies Members
const FACTS = { name: 'ListAliases', aliases: false, crossAccount: false, states: ANY_STATE }

type ListInput = Input<typeof INPUT>

/**
 * Lists the aliases of the caller's account in one region, or of one of its keys.
 * Source: AWS KMS API Reference, "ListAliases".
 */
export const listAliases: KmsOperation = (parts): Operation => ({
  service: 'kms',
  name: 'ListAliases',
  readOnly: true,
  members: INPUT,
  onKey: FACTS,
  parameters: (input) => shownParameters(INPUT, input),
  begin: (call) => begin(call, call.input as ListInput, parts),
})

async function begin(call: Call, input: ListInput, parts: KmsParts): Promise<Work> {
  const key =
    input.KeyId === undefined ? undefined : await resolveKey({ call, parts, facts: FACTS, text: input.KeyId })
  return {
    permissions: [accountPermission(call, 'ListAliases')],
    check: () => {},
    run: () => (key === undefined ? listAll(call, input, parts) : listOfKey(call, input, parts, key)),
  }
}

async function listAll(call: Call, input: ListInput, parts: KmsParts): Promise<Outcome> {
  const partition = partitionOf(call.caller.account, call.region)
  const limit = pageLimit(input, PAGE_SIZE)
  const page = await parts.records.list(ALIAS, { partition, after: storeMarker(input), limit })
  const entries = page.records.map((alias) => entry(call, alias))
  return { output: pageOutput('Aliases', entries, page.next) }
}

async function listOfKey(call: Call, input: ListInput, parts: KmsParts, key: Key): Promise<Outcome> {
  const partition = partitionOf(key.account, key.region)
  const { items, next } = pageOf(key.record.value.aliases, input, PAGE_SIZE)
  const entries: Output[] = []
  for (const name of items) {
    const alias = await parts.records.get(ALIAS, partition, name)
    if (alias !== undefined) entries.push(entry(call, alias))
  }
  return { output: pageOutput('Aliases', entries, next) }
}

function entry(call: Call, alias: Stored<AliasValue>): Output {
  return {
    AliasName: alias.name,
    AliasArn: aliasArn(call.region, call.caller.account, alias.name),
    TargetKeyId: alias.value.keyId,
    CreationDate: epochSeconds(alias.value.createdAt),
    LastUpdatedDate: epochSeconds(alias.value.updatedAt),
  }
}
