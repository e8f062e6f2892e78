import { aliasArn } from '../../api/arn.ts'
import type { Output } from '../../api/json.ts'
import { type Input, type Members, optional } from '../../api/shapes.ts'
import type { Call, Operation, Outcome, Work } from '../../dispatch/operation.ts'
import { shownParameters } from '../../dispatch/parameters.ts'
import type { Stored } from '../../store/records.ts'
import { accountPermission } from '../account-operation.ts'
import { KEY_ID, resolveKey } from '../key-operation.ts'
import { findAlias } from '../keys/aliases.ts'
import { AWS_SERVICES, aliasOfService, SERVICE_ALIAS_PREFIX } from '../keys/aws-services.ts'
import { ALIAS, type AliasValue, partitionOf } from '../keys/key-record.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'
import type { KmsOperation, KmsParts } from '../kms-dependencies.ts'
import { PAGING, pageLimit, pageOf, pageOutput, storeMarker } from '../kms-paging.ts'

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
  const limit = pageLimit(input, PAGE_SIZE)
  if (input.Marker?.startsWith(SERVICE_ALIAS_PREFIX)) {
    const { entries, next } = await predefined(call, parts, { after: input.Marker, limit })
    return { output: pageOutput('Aliases', entries, next) }
  }
  const partition = partitionOf(call.caller.account, call.region)
  const page = await parts.records.list(ALIAS, { partition, after: storeMarker(input), limit })
  const own = page.records.map((alias) => entry(call, alias))
  if (page.next !== undefined) return { output: pageOutput('Aliases', own, page.next) }
  const more = await predefined(call, parts, { after: SERVICE_ALIAS_PREFIX, limit: limit - own.length })
  return { output: pageOutput('Aliases', [...own, ...more.entries], more.next) }
}

/**
 * The aliases of services that have no key yet, after all others: they lead nowhere. A marker within them is the
 * name of the alias before.
 */
async function predefined(
  call: Call,
  parts: KmsParts,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly entries: readonly Output[]; readonly next: string | undefined }> {
  const names: string[] = []
  for (const name of AWS_SERVICES.map(aliasOfService).sort()) {
    if (name > after && (await findAlias(call, parts, name)) === undefined) names.push(name)
  }
  const shown = names.slice(0, limit)
  const entries = shown.map((name) => ({
    AliasName: name,
    AliasArn: aliasArn(call.region, call.caller.account, name),
  }))
  return { entries, next: names.length > limit ? (shown.at(-1) ?? after) : undefined }
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
