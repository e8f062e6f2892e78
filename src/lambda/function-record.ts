import { PARTITION, parseArn } from '../api/arn.ts'
import type { EpochMs } from '../base/ports.ts'
import { kindOfFormat1 } from '../store/kind.ts'
import type { Kind } from '../store/records.ts'
import { functionNotFound, invalidParameter, LambdaError } from './lambda-error.ts'

/** A tag of a function. */
export type Tag = { readonly key: string; readonly value: string }

/** The code of a function: a file of the folder of functions. */
export type FunctionCode = {
  /** The file's name, never used again. */
  readonly file: string
  /** SHA-256 in base64, as answers show it. */
  readonly sha256: string
  readonly sizeBytes: number
}

/** The environment variables of a function, encrypted by KMS. */
export type SealedEnvironment = {
  readonly keyArn: string
  /** Base64. */
  readonly ciphertext: string
  /** The grant of the execution role on a key that AWS does not manage. */
  readonly grantId?: string
}

/** The policy of a function. */
export type FunctionPolicy = {
  /** The statements as JSON text, by Sid. */
  readonly statements: Readonly<Record<string, string>>
  /** Unique ids of the users and roles that it names, by ARN. */
  readonly principalIds: Readonly<Record<string, string>>
  readonly revisionId: string
}

/** What a caller configures of a function. */
export type FunctionSettings = {
  readonly runtime: string
  readonly handler: string
  readonly description: string
  readonly timeoutSeconds: number
  readonly memoryMb: number
  readonly tracing: string
  /** The key that the caller has named. */
  readonly kmsKeyArn: string | undefined
  readonly roleArn: string
  /** The unique id of the role: a role that is created again with the same name is another one. */
  readonly roleId: string
}

/** A function. Partition: `<account>/<region>`; name: its name. */
export type FunctionValue = FunctionSettings & {
  readonly format: 1
  readonly account: string
  readonly region: string
  readonly name: string
  readonly architecture: string
  readonly code: FunctionCode
  readonly environment: SealedEnvironment | undefined
  readonly tags: readonly Tag[]
  readonly policy: FunctionPolicy | undefined
  readonly modifiedAt: EpochMs
  /** Changes with everything that is shown of a function. */
  readonly revisionId: string
}

/** The records of functions. */
export const FUNCTION: Kind<FunctionValue> = kindOfFormat1('lambda-function')

/** Where a function is. */
export type FunctionPlace = { readonly account: string; readonly region: string; readonly name: string }

/** The partition of the functions of an account in a region. */
export function partitionOf({ account, region }: Pick<FunctionPlace, 'account' | 'region'>): string {
  return `${account}/${region}`
}

/** The ARN of a function. */
export function functionArn({ account, region, name }: FunctionPlace): string {
  return `arn:${PARTITION}:lambda:${region}:${account}:function:${name}`
}

/** The only version of a function that there is. */
export const LATEST = '$LATEST'

/** A function that a request names, and the qualifier that it names it with. */
export type NamedFunction = FunctionPlace & {
  readonly qualifier: string | undefined
  /** As policies and messages name it: with the qualifier, if there is one. */
  readonly arn: string
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/
const PARTIAL_ARN = /^(\d{12}):(?:function:)?([A-Za-z0-9_-]{1,64})(?::([A-Za-z0-9$_-]{1,128}))?$/
const NAME_AND_QUALIFIER = /^(?:function:)?([A-Za-z0-9_-]{1,64})(?::([A-Za-z0-9$_-]{1,128}))?$/

/**
 * The function that a text names: a name, an ARN or a part of one, with or without a qualifier. Source: Lambda API
 * Reference, "FunctionName".
 *
 * @throws LambdaError InvalidParameterValueException, ResourceNotFoundException.
 */
export function parseFunctionName(
  text: string,
  caller: Pick<FunctionPlace, 'account' | 'region'>,
  given: string | undefined,
): NamedFunction {
  const found = findNamed(text, caller)
  if (found === undefined) throw invalidParameter(`The function name is not valid: ${text.slice(0, 140)}`)
  const { place } = found
  if (given !== undefined && found.qualifier !== undefined && given !== found.qualifier) {
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    )
  }
  const qualifier = given ?? found.qualifier
  const arn = functionArn(place)
  return { ...place, qualifier, arn: qualifier === undefined ? arn : `${arn}:${qualifier}` }
}

type Found = { readonly place: FunctionPlace; readonly qualifier: string | undefined }

function findNamed(text: string, caller: Pick<FunctionPlace, 'account' | 'region'>): Found | undefined {
  if (text.startsWith('arn:')) return findByArn(text, caller.region)
  const [, account, ofAccount, qualifierOfAccount] = PARTIAL_ARN.exec(text) ?? []
  if (account !== undefined && ofAccount !== undefined) {
    return { place: { account, region: caller.region, name: ofAccount }, qualifier: qualifierOfAccount }
  }
  const [, name, qualifier] = NAME_AND_QUALIFIER.exec(text) ?? []
  return name === undefined
    ? undefined
    : { place: { account: caller.account, region: caller.region, name }, qualifier }
}

function findByArn(text: string, callersRegion: string): Found | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== PARTITION || arn.service !== 'lambda') return undefined
  const { account, region, resource } = arn
  const [, name, qualifier] = NAME_AND_QUALIFIER.exec(resource) ?? []
  if (name === undefined || !resource.startsWith('function:') || !/^\d{12}$/.test(account)) return undefined
  if (region !== callersRegion) {
    throw new LambdaError(
      'ResourceNotFoundException',
      `Functions from '${region.slice(0, 32)}' are not reachable in this region ('${callersRegion}')`,
    )
  }
  return { place: { account, region, name }, qualifier }
}

/** @throws LambdaError for a name that a new function cannot have. */
export function checkNewName({ name, qualifier }: NamedFunction): void {
  if (!NAME.test(name) || qualifier !== undefined) {
    throw invalidParameter('The name of a new function has 1 to 64 letters, digits, hyphens and underscores.')
  }
}

/** @throws LambdaError ResourceNotFoundException for a version or an alias, which do not exist. */
export function checkQualifier({ qualifier, arn }: NamedFunction): void {
  if (qualifier !== undefined && qualifier !== LATEST) throw functionNotFound(arn)
}
