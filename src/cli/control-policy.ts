import type { CommandInput } from './command.ts'
import { readGivenFile, withPolicyOf } from './given-file.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

type Type = 'scp' | 'rcp'

/** `holdfast scp list`: lists the policies of a type and their targets. */
export async function listPolicies(type: Type, input: CommandInput): Promise<number> {
  const policies = await operate(input, ({ controls }) => controls[type].list())
  printResult(input, { policies: policies.map(({ name, targets }) => ({ name, targets })) }, () =>
    policies.map(({ name, targets }) => [name, ...targets].join('  ')),
  )
  return 0
}

/** `holdfast scp put`: creates or replaces a policy. */
export async function putPolicy(type: Type, input: CommandInput): Promise<number> {
  const { name = '' } = input.flags
  const document = await readGivenFile(input, 'file')
  await withPolicyOf(input, 'file', () =>
    operate(input, ({ controls }) => controls[type].put(name, document)),
  )
  printResult(input, { name }, () => [`put ${name}`])
  printNext(input, `holdfast ${type} attach --name ${name} --id TARGET_ID attaches it`)
  return 0
}

/** `holdfast scp delete`: deletes a policy that has no targets. */
export async function deletePolicy(type: Type, input: CommandInput): Promise<number> {
  const { name = '' } = input.flags
  await operate(input, ({ controls }) => controls[type].delete(name))
  printResult(input, { name }, () => [`deleted ${name}`])
  return 0
}

/** `holdfast scp attach`: attaches a policy to an account, a unit or the root. */
export function attachPolicy(type: Type, input: CommandInput): Promise<number> {
  return changeAttachment(type, input, { does: 'attach', done: 'attached', to: 'to' })
}

/** `holdfast scp detach`: detaches a policy from an account, a unit or the root. */
export function detachPolicy(type: Type, input: CommandInput): Promise<number> {
  return changeAttachment(type, input, { does: 'detach', done: 'detached', to: 'from' })
}

type Change = { readonly does: 'attach' | 'detach'; readonly done: string; readonly to: string }

async function changeAttachment(
  type: Type,
  input: CommandInput,
  { does, done, to }: Change,
): Promise<number> {
  const { name = '', id: target = '' } = input.flags
  await operate(input, ({ controls }) => controls[type][does](name, target))
  printResult(input, { name, target }, () => [`${done} ${name} ${to} ${target}`])
  return 0
}
