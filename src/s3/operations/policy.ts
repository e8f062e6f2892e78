import { utf8 } from '../../base/bytes.ts'
import type { PolicyDocument, Statement } from '../../policy/document.ts'
import { parseNewPolicy } from '../../policy/new-policy.ts'
import { namedPrincipals } from '../../policy/parse.ts'
import { splitArn } from '../../policy/pattern.ts'
import { renamePrincipals, uniqueIdsIn } from '../../policy/principal-names.ts'
import { isPublic } from '../../policy/public-access.ts'
import { PolicySyntaxError } from '../../policy/syntax-error.ts'
import { readDocument } from '../body.ts'
import type { BucketCall, S3Answer, S3Operation } from '../call.ts'
import { putBucket } from '../catalogue.ts'
import { currentBucket, holdObject } from '../current-bucket.ts'
import { bucketArn } from '../encryption.ts'
import type { BucketEntry } from '../entries.ts'
import { S3Error } from '../s3-error.ts'
import { children, formatXml, malformedXml, parseXml } from '../xml.ts'
import { authorizeBucket } from './buckets.ts'

/** Source: Amazon S3 User Guide, "Bucket policies for Amazon S3". */
const POLICY_MAX_BYTES = 20_480

/** GetBucketPolicy. */
export const getBucketPolicy: S3Operation = {
  name: 'GetBucketPolicy',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeByOwner(call, 's3:GetBucketPolicy')
    const { policy, principalIds = {} } = call.bucket
    if (policy === undefined) throw noPolicy(call.bucket)
    const names = new Map<string, string>()
    for (const [arn, id] of Object.entries(principalIds)) {
      const shown = await call.dependencies.principals.shownName(arn, id)
      if (shown !== arn) names.set(arn, shown)
    }
    const text = renamePrincipals(policy, names)
    return { body: text, headers: [['Content-Type', 'application/json']] }
  },
}

/** PutBucketPolicy. */
export const putBucketPolicy: S3Operation = {
  name: 'PutBucketPolicy',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeByOwner(call, 's3:PutBucketPolicy')
    const bound = await checkPolicy(call, await readDocument(call))
    return { ...(await change(call, bound)), status: 204 }
  },
}

/** DeleteBucketPolicy. A bucket without a policy stays as it is. */
export const deleteBucketPolicy: S3Operation = {
  name: 'DeleteBucketPolicy',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeByOwner(call, 's3:DeleteBucketPolicy')
    return { ...(await change(call, NO_POLICY)), status: 204 }
  },
}

/** GetBucketPolicyStatus: no policy of the gateway is public, since none that is can be put. */
export const getBucketPolicyStatus: S3Operation = {
  name: 'GetBucketPolicyStatus',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketPolicyStatus')
    if (call.bucket.policy === undefined) throw noPolicy(call.bucket)
    return { body: formatXml('PolicyStatus', { IsPublic: 'FALSE' }) }
  },
}

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

/** GetPublicAccessBlock: everything public is blocked, as in a new bucket of AWS. */
export const getPublicAccessBlock: S3Operation = {
  name: 'GetBucketPublicAccessBlock',
  readOnly: true,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:GetBucketPublicAccessBlock')
    const all = Object.fromEntries(BLOCKS.map((name) => [name, true]))
    return { body: formatXml('PublicAccessBlockConfiguration', all) }
  },
}

/** PutPublicAccessBlock: only the one that there is. */
export const putPublicAccessBlock: S3Operation = {
  name: 'PutBucketPublicAccessBlock',
  readOnly: false,
  on: 'bucket',
  run: async (call) => {
    await authorizeBucket(call, 's3:PutBucketPublicAccessBlock')
    const document = parseXml(await readDocument(call), 'PublicAccessBlockConfiguration')
    for (const name of BLOCKS) {
      const [value] = children(document, name)
      const text = value?.text.trim() ?? 'false'
      if (text !== 'true' && text !== 'false') throw malformedXml()
      if (text === 'false') {
        throw new S3Error('NotImplemented', `The gateway blocks public access: ${name} must be true.`)
      }
    }
    return {}
  },
}

/**
 * Decides a permission on the policy itself, which only principals of the bucket's account have. Source: Amazon S3 API
 * Reference, "PutBucketPolicy".
 *
 * @throws S3Error AccessDenied, MethodNotAllowed.
 */
async function authorizeByOwner(call: BucketCall, action: string): Promise<void> {
  await authorizeBucket(call, action)
  if (call.caller.account === call.bucket.account) return
  throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.')
}

function noPolicy({ name }: BucketEntry): S3Error {
  const elements = { BucketName: name }
  return new S3Error('NoSuchBucketPolicy', 'The bucket policy does not exist', { elements })
}

type BoundPolicy = Pick<BucketEntry, 'policy' | 'principalIds'>

const NO_POLICY: BoundPolicy = { policy: undefined, principalIds: undefined }

async function change(call: BucketCall, bound: BoundPolicy): Promise<S3Answer> {
  await holdObject(call, '')
  const now = currentBucket(call.dependencies.catalogue, call.bucket)
  return {
    changes: [putBucket({ ...now, ...bound })],
    event: { additional: { bucketPolicy: bound.policy ?? null } },
  }
}

/** A policy that is put, bound to the users and roles that it names now. @throws S3Error. */
async function checkPolicy(call: BucketCall, text: string): Promise<BoundPolicy> {
  if (utf8(text).length > POLICY_MAX_BYTES) {
    throw new S3Error('PolicyTooLarge', 'Policy exceeds the maximum allowed document size.')
  }
  const { principals } = call.dependencies
  const given = parse(text, call.bucket)
  const policy = renamePrincipals(text, await principals.arnsOfIds(uniqueIdsIn(given)))
  const document = policy === text ? given : parse(policy, call.bucket)
  const principalIds: Record<string, string> = {}
  for (const arn of namedPrincipals(document)) {
    if (!(await principals.exists(arn))) throw malformed('Invalid principal in policy', arn)
    const id = await principals.idOf(arn)
    if (id !== undefined) principalIds[arn] = id
  }
  if (isPublic(document)) {
    throw new S3Error(
      'AccessDenied',
      `User: ${call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: ${bucketArn(call.bucket.name)} because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
      { reason: 'the policy grants access to the public' },
    )
  }
  return { policy, principalIds }
}

function parse(text: string, bucket: BucketEntry): PolicyDocument {
  let document: PolicyDocument
  try {
    document = parseNewPolicy(text, { flavour: 'bucket' })
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformed(textOfFault(error), error.message)
    throw error
  }
  for (const statement of document.statements) checkStatement(statement, bucket)
  return document
}

/** S3's texts for what is wrong with a policy. */
function textOfFault({ fault, message }: PolicySyntaxError): string {
  switch (fault) {
    case 'NoPrincipal':
      return 'Missing required field Principal'
    case 'Principal':
    case 'Service':
      return 'Invalid principal in policy'
    case 'Action':
      return 'Missing required field Action'
    case 'Syntax':
      return message
  }
}

/** Actions and resources of a bucket policy are those of S3 and of the bucket. @throws S3Error MalformedPolicy. */
function checkStatement({ actions, resources }: Statement, { name }: BucketEntry): void {
  for (const action of actions?.values ?? []) {
    if (action !== '*' && !/^s3:/i.test(action)) throw malformed('Policy has invalid action', action)
  }
  for (const resource of resources?.values ?? []) {
    const [, , service, region, account, rest = ''] = splitArn(resource) ?? []
    const slash = rest.indexOf('/')
    const bucket = slash < 0 ? rest : rest.slice(0, slash)
    const isOwn = service === 's3' && region === '' && account === '' && bucket === name
    if (!isOwn && !isCoveredBy(bucket, service, name))
      throw malformed('Policy has invalid resource', resource)
  }
}

/** A pattern of buckets that ends in a wildcard, and covers this one. */
function isCoveredBy(pattern: string, service: string | undefined, name: string): boolean {
  return service === 's3' && pattern.endsWith('*') && name.startsWith(pattern.replace(/\*+$/, ''))
}

function malformed(message: string, detail: string): S3Error {
  return new S3Error('MalformedPolicy', message, { elements: { Detail: detail } })
}
