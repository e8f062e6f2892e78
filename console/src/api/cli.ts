import type { InputOf, OperationName } from './client.ts'
import type { IamInputOf, IamOperationName } from './iam.ts'
import { IAM_OPERATIONS } from './iam-operations.ts'
import { OPERATIONS, TARGETS } from './operations.ts'

/** A call of IAM or STS: its name and input. */
export type IamCall = {
  [N in IamOperationName]: { readonly name: N; readonly input: IamInputOf<N> }
}[IamOperationName]

/** A call of an operation: its name and input. */
export type Call =
  | { [N in OperationName]: { readonly name: N; readonly input: InputOf<N> } }[OperationName]
  | IamCall

/**
 * Returns a call as a command of the AWS CLI. The AWS CLI does not know the service of Holdfast itself: its calls are commands
 * of curl, which signs them with the credentials in the environment.
 */
export function cliCommand({ name, input }: Call, region: string): string {
  const service = serviceOf(name)
  if (service === 'holdfast') return curlCommand(name, JSON.stringify(input), region)
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  const options = given.some(readsFile)
    ? [`--cli-input-json ${quote(JSON.stringify(Object.fromEntries(given)))}`]
    : given.map(([member, value]) => option(kebab(member), value))
  const place = [`--endpoint-url=${quote(window.location.origin)}`, `--region=${quote(region)}`]
  return [`aws ${service} ${kebab(name)}`, ...options, ...place].join(' \\\n  ')
}

/** The AWS CLI takes the values of these members as they are. Source: the AWS CLI, its list of parameters without files. */
const NEVER_READ: ReadonlySet<string> = new Set(['Url', 'XksProxyUriEndpoint'])
const READS = /^(?:fileb?|https?):\/\//

/** Whether the AWS CLI would read a value from where it points, instead of taking it. Source: AWS CLI User Guide, "Loading parameters from a file". */
function readsFile([member, value]: readonly [string, unknown]): boolean {
  return !NEVER_READ.has(member) && typeof value === 'string' && READS.test(value)
}

function curlCommand(name: string, body: string, region: string): string {
  return [
    `curl --aws-sigv4 ${quote(`aws:amz:${region}:holdfast`)}`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    `--header 'Content-Type: application/x-amz-json-1.1'`,
    `--header 'X-Amz-Target: ${TARGETS.holdfast}${name}'`,
    `--data ${quote(body)}`,
    `${window.location.origin}/`,
  ].join(' \\\n  ')
}

function serviceOf(name: OperationName | IamOperationName): string {
  return isIam(name) ? IAM_OPERATIONS[name][0] : OPERATIONS[name][0]
}

function isIam(name: string): name is IamOperationName {
  return Object.hasOwn(IAM_OPERATIONS, name)
}

/** Words that are values of a list, and nothing else, wherever they stand. */
const PLAIN_WORD = /^[\w/.@+][\w/.@+:-]*$/

/** The option and its value are one word: a value that begins with a hyphen is none of the options. */
function option(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? `--${name}` : `--no-${name}`
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && PLAIN_WORD.test(one))) {
    return `--${name} ${value.join(' ')}`
  }
  return `--${name}=${quote(typeof value === 'object' ? JSON.stringify(value) : String(value))}`
}

/** A name as the AWS CLI writes it: `list-mfa-devices` of `ListMFADevices`. */
function kebab(name: string): string {
  return name
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
}

/** A word of a shell: in single quotes unless it needs none. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
