/** For tests: operations of the AWS SDK for IAM by name, for calls that are listed as data. */

import * as sdk from '@aws-sdk/client-iam'

/** The part of a response that tests read. */
export type Answer = { readonly [name: string]: unknown }

type AnyCommand = new (input: object) => Parameters<sdk.IAMClient['send']>[0]

const COMMANDS: ReadonlyMap<string, unknown> = new Map(Object.entries(sdk))

/**
 * Calls an IAM operation.
 * @throws the errors of the SDK.
 */
export async function callIam(client: sdk.IAMClient, name: string, input: object = {}): Promise<Answer> {
  const command = COMMANDS.get(`${name}Command`)
  if (command === undefined) throw new Error(`the SDK has no ${name}`)
  const answer: unknown = await client.send(new (command as AnyCommand)(input))
  return answer as Answer
}

/** The value at a path of member names in a response. */
export function inside(answer: unknown, ...path: readonly (string | number)[]): unknown {
  let value = answer
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
