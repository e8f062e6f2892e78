import { aliasArn } from '../../api/arn.ts'
import { boolean, type Input, list, type Members, optional, text, type ValueOf } from '../../api/shapes.ts'
import { defineOperation, type Invocation } from '../../dispatch/define-operation.ts'
import type { Call } from '../../dispatch/operation.ts'
import type { Stored } from '../../store/records.ts'
import { accountPermission } from '../account-operation.ts'
import { KEY_ID, resolveKey } from '../key-operation.ts'
import { findAlias } from '../keys/aliases.ts'
import { AWS_SERVICES, aliasOfService, SERVICE_ALIAS_PREFIX } from '../keys/aws-services.ts'
import { ALIAS, type AliasValue, partitionOf } from '../keys/key-record.ts'
import { ANY_STATE } from '../keys/key-state.ts'
import type { Key } from '../keys/keys.ts'
import { epochSeconds } from '../keys/metadata.ts'
import { ALIAS_LIST_ENTRY_ANSWER } from '../kms-answers.ts'
import type { KmsDependencies, KmsOperation } from '../kms-dependencies.ts'
import { PAGING, pageEnd, pageLimit, pageOf, storeMarker } from '../kms-paging.ts'

const PAGE_SIZE = { byDefault: 50, max: 100 }

const INPUT = { KeyId: optional(KEY_ID), ...PAGING } satisfies Members
const OUTPUT = { Aliases: list(ALIAS_LIST_ENTRY_ANSWER), NextMarker: text(), Truncated: boolean() }
const FACTS = { name: 'ListAliases', aliases: false, crossAccount: false, states: ANY_STATE }

type AliasAnswer = ValueOf<typeof ALIAS_LIST_ENTRY_ANSWER>
type ListInput = Input<typeof INPUT>

/**
 * Lists the aliases of the caller's account in one region, or of one of its keys.
 * Source: AWS KMS API Reference, "ListAliases".
 */
export const listAliases: KmsOperation = defineOperation(
  {
    service: 'kms',
    name: 'ListAliases',
    readOnly: true,
    input: INPUT,
    output: OUTPUT,
    onKey: FACTS,
  },
  ({ call, input, dependencies }: Invocation<typeof INPUT, KmsDependencies>) =>
    begin(call, input, dependencies),
)

async function begin(call: Call, input: ListInput, dependencies: KmsDependencies) {
  const key =
    input.KeyId === undefined
      ? undefined
      : await resolveKey({ call, dependencies, facts: FACTS, text: input.KeyId })
  return {
    permissions: [accountPermission(call, 'ListAliases')],
    run: () =>
      key === undefined ? listAll(call, input, dependencies) : listOfKey(call, input, dependencies, key),
  }
}

async function listAll(call: Call, input: ListInput, dependencies: KmsDependencies) {
  const limit = pageLimit(input, PAGE_SIZE)
  if (input.Marker?.startsWith(SERVICE_ALIAS_PREFIX)) {
    const { entries, next } = await predefined(call, dependencies, { after: input.Marker, limit })
    return { output: { Aliases: entries, ...pageEnd(next) } }
  }
  const partition = partitionOf(call.caller.account, call.region)
  const page = await dependencies.records.list(ALIAS, { partition, after: storeMarker(input), limit })
  const own = page.records.map((alias) => entry(call, alias))
  if (page.next !== undefined) return { output: { Aliases: own, ...pageEnd(page.next) } }
  const more = await predefined(call, dependencies, {
    after: SERVICE_ALIAS_PREFIX,
    limit: limit - own.length,
  })
  return { output: { Aliases: [...own, ...more.entries], ...pageEnd(more.next) } }
}

/**
 * The aliases of AWS services, without keys, after all others. A marker among them is the name of the previous
 * alias.
 */
async function predefined(
  call: Call,
  dependencies: KmsDependencies,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly entries: readonly AliasAnswer[]; readonly next: string | undefined }> {
  const names: string[] = []
  for (const name of AWS_SERVICES.map(aliasOfService).sort()) {
    if (name > after && (await findAlias(call, dependencies, name)) === undefined) names.push(name)
  }
  const shown = names.slice(0, limit)
  const entries = shown.map((name) => ({
    AliasName: name,
    AliasArn: aliasArn(call.region, call.caller.account, name),
  }))
  return { entries, next: names.length > limit ? (shown.at(-1) ?? after) : undefined }
}

async function listOfKey(call: Call, input: ListInput, dependencies: KmsDependencies, key: Key) {
  const partition = partitionOf(key.account, key.region)
  const { items, next } = pageOf(key.record.value.aliases, input, PAGE_SIZE)
  const entries: AliasAnswer[] = []
  for (const name of items) {
    const alias = await dependencies.records.get(ALIAS, partition, name)
    if (alias !== undefined) entries.push(entry(call, alias))
  }
  return { output: { Aliases: entries, ...pageEnd(next) } }
}

function entry(call: Call, alias: Stored<AliasValue>): AliasAnswer {
  return {
    AliasName: alias.name,
    AliasArn: aliasArn(call.region, call.caller.account, alias.name),
    TargetKeyId: alias.value.keyId,
    CreationDate: epochSeconds(alias.value.createdAt),
    LastUpdatedDate: epochSeconds(alias.value.updatedAt),
  }
}
