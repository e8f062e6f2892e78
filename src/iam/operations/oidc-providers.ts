import { KmsError } from '../../api/errors.ts'
import { instant, list, optional, text } from '../../api/shapes.ts'
import { insert, remove, replace, type Stored } from '../../store/records.ts'
import { providerArn } from '../entities/arns.ts'
import { type CountQuota, countLess, countMore, quotaExceeded } from '../entities/entities.ts'
import { parseTags } from '../entities/entity-tags.ts'
import { onAll, parseName } from '../entities/finders.ts'
import { OPEN_ID_CONNECT_PROVIDER_LIST_ENTRY_ANSWER, TAG_ANSWER } from '../iam-answers.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { type Finder, iamOperation, tagging } from '../iam-operation.ts'
import { tagsIfAny, tagsOutput, timestamp } from '../iam-outputs.ts'
import { PROVIDER, type ProviderValue, read, readAll } from '../iam-records.ts'
import { ARN, TAGS } from '../iam-shapes.ts'

/** Source: IAM User Guide, "IAM and AWS STS quotas". */
const QUOTA: CountQuota = { name: 'iam.oidc-providers', title: 'OpenIdConnectProvidersPerAccount' }
const CLIENT_IDS_MAX = 100
const THUMBPRINTS_MAX = 5

const CLIENT_ID = text({ min: 1, max: 255 })
const THUMBPRINTS = list(text({ min: 40, max: 40 }))

const HTTPS = 'https://'

/** A provider's URL without scheme and without a slash at the end. @throws InvalidInputException. */
function parseProviderUrl(url: string): string {
  const parsed = url.startsWith(HTTPS) && URL.canParse(url) ? new URL(url) : undefined
  const wrong = parsed === undefined || parsed.search !== '' || parsed.hash !== '' || parsed.username !== ''
  if (wrong) throw new KmsError('InvalidInputException', 'Invalid Open ID Connect Provider URL')
  return `${parsed.host}${parsed.pathname}`.replace(/\/$/, '')
}

/** The provider that `OpenIDConnectProviderArn` names. */
export const PROVIDER_NAMED: Finder<unknown, Stored<ProviderValue>> = async ({
  call,
  input,
  dependencies,
}) => {
  const { account } = call.caller
  const arn = parseName(input, 'OpenIDConnectProviderArn')
  const prefix = providerArn(account, '')
  const entity = arn.startsWith(prefix)
    ? await read(dependencies.records, PROVIDER, account, arn.slice(prefix.length))
    : undefined
  const missing = () =>
    new KmsError('NoSuchEntityException', `OpenIDConnect Provider not found for arn ${arn}`)
  return { arn, tags: entity?.value.tags ?? [], entity, missing }
}

/** @throws LimitExceededException, InvalidInputException. */
function checkLists(clientIds: readonly string[], thumbprints: readonly string[]): void {
  if (clientIds.length > CLIENT_IDS_MAX) {
    throw quotaExceeded('ClientIdsPerOpenIdConnectProvider', CLIENT_IDS_MAX)
  }
  if (thumbprints.length > THUMBPRINTS_MAX) {
    throw new KmsError('InvalidInputException', 'Thumbprint list must contain fewer than 5 entries.')
  }
  if (thumbprints.some((thumbprint) => !/^[0-9A-Fa-f]{40}$/.test(thumbprint))) {
    throw new KmsError('InvalidInputException', 'A thumbprint must be 40 hexadecimal digits.')
  }
}

const createProvider = iamOperation(
  {
    name: 'CreateOpenIDConnectProvider',
    readOnly: false,
    input: {
      Url: text({ min: 1, max: 255 }),
      ClientIDList: optional(list(CLIENT_ID)),
      ThumbprintList: optional(THUMBPRINTS),
      Tags: optional(TAGS),
    },
    output: { OpenIDConnectProviderArn: text(), Tags: list(TAG_ANSWER) },
    find: ({ call, input }) => ({
      arn: providerArn(call.caller.account, parseProviderUrl(input.Url)),
      entity: null,
    }),
    tags: ({ Tags }) => Tags,
    alsoNeeds: tagging('iam:TagOpenIDConnectProvider'),
  },
  async ({ call, input, dependencies, arn }) => {
    const { account } = call.caller
    const name = parseProviderUrl(input.Url)
    const clientIds = [...new Set(input.ClientIDList ?? [])]
    const thumbprints = input.ThumbprintList ?? []
    checkLists(clientIds, thumbprints)
    if ((await read(dependencies.records, PROVIDER, account, name)) !== undefined) {
      throw new KmsError('EntityAlreadyExistsException', `Provider with url ${HTTPS}${name} already exists.`)
    }
    const tags = parseTags(input.Tags)
    const value: ProviderValue = { format: 1, url: name, clientIds, thumbprints, tags, createdAt: call.now }
    return {
      output: { OpenIDConnectProviderArn: arn, Tags: tagsIfAny(tags) },
      changes: [
        insert(PROVIDER, account, name, value),
        await countMore(dependencies, account, 'providers', QUOTA),
      ],
    }
  },
)

const getProvider = iamOperation(
  {
    name: 'GetOpenIDConnectProvider',
    readOnly: true,
    input: { OpenIDConnectProviderArn: ARN },
    output: {
      ClientIDList: list(text()),
      CreateDate: instant(),
      Tags: list(TAG_ANSWER),
      ThumbprintList: list(text()),
      Url: text(),
    },
    find: PROVIDER_NAMED,
  },
  ({ entity: { value } }) => ({
    output: {
      Url: value.url,
      ClientIDList: value.clientIds,
      ThumbprintList: value.thumbprints,
      CreateDate: timestamp(value.createdAt),
      Tags: tagsOutput(value.tags),
    },
  }),
)

const deleteProvider = iamOperation(
  {
    name: 'DeleteOpenIDConnectProvider',
    readOnly: false,
    input: { OpenIDConnectProviderArn: ARN },
    find: PROVIDER_NAMED,
  },
  async ({ call, dependencies, entity }) => {
    const counted = await countLess(dependencies.records, call.caller.account, 'providers')
    return { changes: [remove(entity), counted] }
  },
)

const listProviders = iamOperation(
  {
    name: 'ListOpenIDConnectProviders',
    readOnly: true,
    input: {},
    output: { OpenIDConnectProviderList: list(OPEN_ID_CONNECT_PROVIDER_LIST_ENTRY_ANSWER) },
    find: onAll('oidc-provider'),
  },
  async ({ call, dependencies }) => {
    const { account } = call.caller
    const providers = await readAll(dependencies.records, PROVIDER, account)
    const arns = providers.map(({ name }) => providerArn(account, name)).sort()
    return { output: { OpenIDConnectProviderList: arns.map((Arn) => ({ Arn })) } }
  },
)

const addClientId = iamOperation(
  {
    name: 'AddClientIDToOpenIDConnectProvider',
    readOnly: false,
    input: { OpenIDConnectProviderArn: ARN, ClientID: CLIENT_ID },
    find: PROVIDER_NAMED,
  },
  ({ input, entity }) => {
    const clientIds = [...new Set([...entity.value.clientIds, input.ClientID])]
    checkLists(clientIds, [])
    return { changes: [replace(entity, { ...entity.value, clientIds })] }
  },
)

const removeClientId = iamOperation(
  {
    name: 'RemoveClientIDFromOpenIDConnectProvider',
    readOnly: false,
    input: { OpenIDConnectProviderArn: ARN, ClientID: CLIENT_ID },
    find: PROVIDER_NAMED,
  },
  ({ input, entity }) => {
    const clientIds = entity.value.clientIds.filter((clientId) => clientId !== input.ClientID)
    return { changes: [replace(entity, { ...entity.value, clientIds })] }
  },
)

const updateThumbprint = iamOperation(
  {
    name: 'UpdateOpenIDConnectProviderThumbprint',
    readOnly: false,
    input: { OpenIDConnectProviderArn: ARN, ThumbprintList: THUMBPRINTS },
    find: PROVIDER_NAMED,
  },
  ({ input: { ThumbprintList: thumbprints }, entity }) => {
    checkLists([], thumbprints)
    return { changes: [replace(entity, { ...entity.value, thumbprints })] }
  },
)

/** OIDC providers. Source: IAM API Reference, "CreateOpenIDConnectProvider" and so on. */
export const OIDC_PROVIDER_OPERATIONS: readonly IamOperation[] = [
  createProvider,
  getProvider,
  deleteProvider,
  listProviders,
  addClientId,
  removeClientId,
  updateThumbprint,
]
