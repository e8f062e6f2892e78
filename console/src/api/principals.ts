import { listAll } from './iam.ts'

/** Returns the ARNs of the account's users and roles, in the order of the lists. */
export async function listPrincipals(): Promise<readonly string[]> {
  const [users, roles] = await Promise.all([
    listAll('ListUsers', {}, ({ Users }) => Users),
    listAll('ListRoles', {}, ({ Roles }) => Roles),
  ])
  return [...users, ...roles].flatMap(({ Arn }) => (Arn === undefined ? [] : [Arn]))
}
