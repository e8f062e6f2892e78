import { keyArn, PARTITION } from '../api/arn.ts'
import {
  answer,
  boolean,
  instant,
  integer,
  list,
  oneOf,
  optional,
  structure,
  text,
  timestamp,
  type ValueOf,
} from '../api/shapes.ts'
import { utf8 } from '../base/bytes.ts'
import { parseJsonText } from '../base/json-text.ts'
import { CUSTOM_KEY_STORE } from '../kms/key-stores/custom-key-store.ts'
import { partitionOf } from '../kms/keys/key-record.ts'
import type { Records } from '../store/records.ts'
import { ACCOUNT_ID, askedAccount } from './asked-account.ts'
import {
  FILTER_NAMES,
  type FoundKey,
  type KeyPosition,
  type KeySearch,
  SORT_NAMES,
  searchKeys,
} from './key-search.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { formatUsageToken, invalidToken, parseUsageToken } from './usage-token.ts'

const KEYS_MAX = 1000
const KEYS_DEFAULT = 100
const FILTERS_MAX = 10
const VALUES_MAX = 10
/** Longer than every key ID and alias. Source: AWS KMS API Reference, "CreateAlias". */
const TEXT_MAX_CHARS = 512
const TOKEN_MAX_CHARS = 65_536
/** Custom key stores of an account in a region. Source: AWS KMS Developer Guide, "Quotas". */
const STORES_MAX = 1000

const FILTER = structure({
  Name: oneOf(...FILTER_NAMES),
  Values: list(text({ min: 1, max: TEXT_MAX_CHARS }), { min: 1, max: VALUES_MAX }),
})
const INPUT = {
  AccountId: optional(ACCOUNT_ID),
  Filters: optional(list(FILTER, { max: FILTERS_MAX })),
  Search: optional(text({ min: 1, max: TEXT_MAX_CHARS })),
  CreatedAfter: optional(timestamp()),
  CreatedBefore: optional(timestamp()),
  LastUsedAfter: optional(timestamp()),
  LastUsedBefore: optional(timestamp()),
  SortBy: optional(oneOf(...SORT_NAMES)),
  SortOrder: optional(oneOf('ASCENDING', 'DESCENDING')),
  MaxResults: optional(integer({ min: 1, max: KEYS_MAX })),
  NextToken: optional(text({ min: 1, max: TOKEN_MAX_CHARS })),
}
const KEY = answer({
  KeyId: text(),
  KeyArn: text(),
  Aliases: list(text()),
  Description: text(),
  KeyState: text(),
  KeySpec: text(),
  KeyUsage: text(),
  Origin: text(),
  KeyManager: text(),
  MultiRegion: boolean(),
  MultiRegionKeyType: text(),
  CustomKeyStoreId: text(),
  CreationDate: instant(),
  DeletionDate: instant(),
  ValidTo: instant(),
  NextRotationDate: instant(),
  LastUsedDate: instant(),
  Tags: list(answer({ TagKey: text(), TagValue: text() })),
})
const OUTPUT = {
  Keys: list(KEY),
  Matches: integer(),
  Total: integer(),
  Current: boolean(),
  NextToken: text(),
}

type KeysInvocation = Invocation<typeof INPUT, string>

/** Searches, filters and sorts the keys of an account in a region. */
export const listKeySummaries = usageOperation(
  {
    ...{ name: 'ListKeySummaries', input: INPUT, output: OUTPUT, rate: 'light' },
    find: async (invocation) => {
      const account = await askedAccount(invocation)
      const { region } = invocation.call
      return { resource: `arn:${PARTITION}:holdfast:${region}:${account}:key/*`, subject: account }
    },
  },
  async ({ call, input, dependencies, subject: account }: KeysInvocation) => {
    const { region, now } = call
    const { records, catalogue, giveWay } = dependencies
    const { NextToken: token, MaxResults: _, ...asked } = input
    const parameters = utf8(JSON.stringify(['keys', region, account, asked]))
    const after = positionOf(parseUsageToken(token, parameters)?.after)
    const byUse = [input.LastUsedAfter, input.LastUsedBefore].some((at) => at !== undefined)
    const known = await catalogue.read(account, region, byUse || input.SortBy === 'LastUsedDate')
    const disconnected = await disconnectedStores(records, partitionOf(account, region))
    const search = searchOf(input, after)
    const found = await searchKeys(known, { now, disconnected }, search, giveWay)
    const Keys: ValueOf<typeof KEY>[] = []
    for (const key of found.keys) {
      const wait = giveWay()
      if (wait !== undefined) await wait
      Keys.push(keyAnswer(key, account, region))
    }
    const { next, matches: Matches, total: Total } = found
    const range = { fromMs: 0, toMs: 0 }
    const NextToken = next && formatUsageToken({ range, after: JSON.stringify(next) }, parameters)
    return { output: { Keys, Matches, Total, Current: known.current, NextToken } }
  },
)

function searchOf(input: KeysInvocation['input'], after: KeyPosition | undefined): KeySearch {
  return {
    filters: input.Filters ?? [],
    search: input.Search,
    createdFrom: input.CreatedAfter,
    createdTo: input.CreatedBefore,
    usedFrom: input.LastUsedAfter,
    usedTo: input.LastUsedBefore,
    sortBy: input.SortBy ?? 'KeyId',
    descending: input.SortOrder === 'DESCENDING',
    limit: input.MaxResults ?? KEYS_DEFAULT,
    after,
  }
}

/** @throws InvalidNextTokenException. */
function positionOf(token: string | undefined): KeyPosition | undefined {
  if (token === undefined) return undefined
  const parsed: unknown = parseJson(token)
  if (typeof parsed !== 'object' || parsed === null || !('value' in parsed && 'keyId' in parsed))
    throw invalidToken()
  const { value, keyId } = parsed
  if ((typeof value !== 'string' && typeof value !== 'number') || typeof keyId !== 'string')
    throw invalidToken()
  return { value, keyId }
}

/** @throws InvalidNextTokenException. */
function parseJson(json: string): unknown {
  try {
    return parseJsonText(json)
  } catch (cause) {
    throw invalidToken(cause)
  }
}

/** The ids of the custom key stores whose keys are unavailable. */
async function disconnectedStores(records: Records, partition: string): Promise<ReadonlySet<string>> {
  const stores = await records.list(CUSTOM_KEY_STORE, { partition, limit: STORES_MAX })
  const names = stores.records.filter(({ value }) => value.connection.state !== 'CONNECTED')
  return new Set(names.map(({ name }) => name))
}

function keyAnswer(
  { keyId, summary, state, lastUsedAt }: FoundKey,
  account: string,
  region: string,
): ValueOf<typeof KEY> {
  const { primary, rotatesAt } = summary
  return {
    KeyId: keyId,
    KeyArn: keyArn(region, account, keyId),
    Aliases: summary.aliases,
    Description: summary.description,
    KeyState: state,
    KeySpec: summary.spec,
    KeyUsage: summary.usage,
    Origin: summary.origin,
    KeyManager: summary.managed ? 'AWS' : 'CUSTOMER',
    MultiRegion: primary !== undefined,
    MultiRegionKeyType: primary && (primary === region ? 'PRIMARY' : 'REPLICA'),
    CustomKeyStoreId: summary.keyStoreId,
    CreationDate: summary.createdAt / 1000,
    DeletionDate: secondsOf(summary.goneAt),
    ValidTo: state === 'PendingImport' ? undefined : secondsOf(summary.validTo),
    NextRotationDate: state.startsWith('Pending') ? undefined : secondsOf(rotatesAt),
    LastUsedDate: secondsOf(lastUsedAt),
    Tags: summary.tags.map(({ key, value }) => ({ TagKey: key, TagValue: value })),
  }
}

function secondsOf(at: number | undefined): number | undefined {
  return at === undefined ? undefined : at / 1000
}
