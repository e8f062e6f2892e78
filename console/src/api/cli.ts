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
  const options = Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([member, value]) => option(kebab(member), value))
  const place = [`--endpoint-url ${window.location.origin}`, `--region ${region}`]
  return [`aws ${service} ${kebab(name)}`, ...options, ...place].join(' \\\n  ')
}

function curlCommand(name: string, body: string, region: string): string {
  return [
    `curl --aws-sigv4 aws:amz:${region}:holdfast`,
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

function option(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? `--${name}` : `--no-${name}`
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) {
    return `--${name} ${value.map(quote).join(' ')}`
  }
  return `--${name} ${quote(typeof value === 'object' ? JSON.stringify(value) : String(value))}`
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
