import type { KeysQuestion } from '../../api/key-summaries.ts'

/** Properties that filter keys by one of several values. */
export const CHOICES = {
  KeyState: [
    'Enabled',
    'Disabled',
    'PendingDeletion',
    'PendingImport',
    'PendingReplicaDeletion',
    'Unavailable',
  ],
  KeySpec: [
    ...['SYMMETRIC_DEFAULT', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'ECC_NIST_P256', 'ECC_NIST_P384'],
    ...['ECC_NIST_P521', 'ECC_NIST_EDWARDS25519', 'ECC_SECG_P256K1', 'HMAC_224', 'HMAC_256', 'HMAC_384'],
    ...['HMAC_512', 'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87', 'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024', 'SM2'],
  ],
  KeyUsage: [
    ...['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'],
    'ENCAPSULATE_DECAPSULATE',
  ],
  Origin: ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'],
  KeyManager: ['CUSTOMER', 'AWS'],
  MultiRegion: ['true', 'false'],
  LastUsed: ['within-7', 'within-30', 'not-30', 'not-90', 'not-365'],
} as const

/** Properties that filter keys by text. */
export const TEXTUAL = [
  'KeyId',
  'Alias',
  'Description',
  'TagKey',
  'TagValue',
  'Tag',
  'CustomKeyStoreId',
] as const

/** A property of a filter. */
export type Property = keyof typeof CHOICES | (typeof TEXTUAL)[number]

/** Members that sort the list. */
export const SORTS = [
  ...(['KeyId', 'Alias', 'Description', 'CreationDate', 'KeyState', 'KeySpec'] as const),
  ...(['KeyUsage', 'Origin', 'LastUsedDate', 'DeletionDate'] as const),
] as const
/** One of them. */
export type Sort = (typeof SORTS)[number]

/** A condition: any of the values, or with `not`, none of them. Without a property: a text in any member. */
export type Condition = {
  readonly property?: Property
  readonly not?: boolean
  readonly values: readonly string[]
}

/** The address of the list: its filter and order. */
export type KeysSearch = {
  readonly filter?: readonly Condition[]
  readonly sort?: Sort
  readonly descending?: boolean
}

/** Source: the limits of ListKeySummaries. */
const CONDITIONS_MAX = 10
const VALUES_MAX = 50
const DAY_SECONDS = 86_400
const PROPERTIES: readonly string[] = [...Object.keys(CHOICES), ...TEXTUAL]

/** Parses the address of the list; what has no meaning is left out. */
export function parseKeysSearch(search: Record<string, unknown>): KeysSearch {
  const sort = SORTS.find((one) => one === search['sort'])
  const given: readonly unknown[] = Array.isArray(search['filter']) ? search['filter'] : []
  const filter = given.flatMap(parseCondition).slice(0, CONDITIONS_MAX)
  return {
    ...(filter.length > 0 && { filter }),
    ...(sort !== undefined && { sort }),
    ...(search['descending'] === true && { descending: true }),
  }
}

function parseCondition(value: unknown): readonly Condition[] {
  if (typeof value !== 'object' || value === null) return []
  const { property, not, values }: { property?: unknown; not?: unknown; values?: unknown } = value
  if (!Array.isArray(values)) return []
  const texts = values
    .filter((one): one is string => typeof one === 'string' && one !== '')
    .slice(0, VALUES_MAX)
  if (texts.length === 0 || (property !== undefined && !isProperty(property))) return []
  return [{ ...(property !== undefined && { property }), ...(not === true && { not }), values: texts }]
}

/** Whether a value is the name of a property. */
export function isProperty(value: unknown): value is Property {
  return typeof value === 'string' && PROPERTIES.includes(value)
}

/** Returns the question that an address asks. @param now seconds since 1970. */
export function questionOf({ filter = [], sort, descending }: KeysSearch, now: number): KeysQuestion {
  const Filters = filter.flatMap(({ property, not, values }) =>
    property === undefined || property === 'LastUsed'
      ? []
      : [{ Name: property, Values: not === true ? values.map((value) => `!${value}`) : values }],
  )
  const texts = filter.filter(({ property }) => property === undefined).flatMap(({ values }) => values)
  const use = filter.find(({ property }) => property === 'LastUsed')?.values[0]
  return {
    ...(Filters.length > 0 && { Filters }),
    ...(texts.length > 0 && { Search: texts.join(' ') }),
    ...timesOfUse(use, now),
    ...(sort !== undefined && { SortBy: sort, SortOrder: descending === true ? 'DESCENDING' : 'ASCENDING' }),
  }
}

function timesOfUse(use: string | undefined, now: number): KeysQuestion {
  const [, kind, days] = /^(within|not)-(\d+)$/.exec(use ?? '') ?? []
  if (kind === undefined) return {}
  // Full minutes: the same address asks the same question for a while.
  const at = Math.floor((now - Number(days) * DAY_SECONDS) / 60) * 60
  return kind === 'within' ? { LastUsedAfter: at } : { LastUsedBefore: at }
}
