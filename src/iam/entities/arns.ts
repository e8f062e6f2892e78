import { PARTITION, parseArn } from '../../api/arn.ts'

/** An ARN of IAM. @param resource its kind, path and name: `user/team/ada`. */
export function iamArn(account: string, resource: string): string {
  return `arn:${PARTITION}:iam::${account}:${resource}`
}

/** Something with a name and a path. */
export type Pathed = { readonly path: string; readonly name: string }

/** The ARN of a user, group, role and so on. */
export function pathedArn(
  account: string,
  kind: 'user' | 'group' | 'role' | 'policy' | 'instance-profile' | 'mfa',
  { path, name }: Pathed,
): string {
  return iamArn(account, `${kind}${path}${name}`)
}

/** The ARN of a role's session: it has no path. */
export function sessionArn(account: string, roleName: string, sessionName: string): string {
  return `arn:${PARTITION}:sts::${account}:assumed-role/${roleName}/${sessionName}`
}

/** The ARN of a federated user. */
export function federatedArn(account: string, name: string): string {
  return `arn:${PARTITION}:sts::${account}:federated-user/${name}`
}

/** A parsed ARN of IAM. */
export type IamArn = Pathed & { readonly account: string; readonly kind: string }

/** The parts of an ARN of a user, group, role, policy or instance profile; nothing for any other text. */
export function parseIamArn(text: string): IamArn | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.partition !== PARTITION || arn.service !== 'iam' || arn.region !== '') {
    return undefined
  }
  const { resource, account } = arn
  const first = resource.indexOf('/')
  const last = resource.lastIndexOf('/')
  if (first < 0 || last === resource.length - 1) return undefined
  return {
    account,
    kind: resource.slice(0, first),
    path: resource.slice(first, last + 1),
    name: resource.slice(last + 1),
  }
}

/** The ARN of an OIDC provider. @param name its URL without scheme. */
export function providerArn(account: string, name: string): string {
  return iamArn(account, `oidc-provider/${name}`)
}
