import { asOperator } from '../app/operator.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile, withPolicyOf } from './given-file.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const NAME = { about: 'the name of the policy' }
const TARGET = { about: 'the account (12 digits), unit (ou-…) or root (r-…)' }

type Type = 'scp' | 'rcp'

const TITLES: Readonly<Record<Type, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
}

/** `holdfast scp list`: the policies of a type, and what they are attached to. */
function list(type: Type): Command {
  return {
    name: `${type} list`,
    about: `shows each ${TITLES[type]}, and the accounts, units and root that it is attached to`,
    run: async ({ config, output }) => {
      requireDataFolder(config)
      const listed = await asOperator(config, openLog(), ({ controls }) => controls[type].list())
      for (const { name, targets } of listed) output.print([name, ...targets].join('  '))
      return 0
    },
  }
}

/** `holdfast scp put`: makes a policy, or changes it. */
function put(type: Type): Command {
  return {
    name: `${type} put`,
    about: `makes a ${TITLES[type]} of a file, or puts it in the place of the one with its name`,
    flags: { name: NAME, file: { about: 'the JSON file that the policy is in' } },
    run: async (input) => {
      const { config, output } = input
      requireDataFolder(config)
      const name = requireFlag(input, 'name')
      const document = await readGivenFile(input, 'file')
      await withPolicyOf(input, 'file', () =>
        asOperator(config, openLog(), ({ controls }) => controls[type].put(name, document)),
      )
      output.print(`put ${name}`)
      return 0
    },
  }
}

/** `holdfast scp delete`: deletes one that is attached to nothing. */
function remove(type: Type): Command {
  return {
    name: `${type} delete`,
    about: `deletes a ${TITLES[type]} that is attached to nothing`,
    flags: { name: NAME },
    run: async (input) => {
      const { config, output } = input
      requireDataFolder(config)
      const name = requireFlag(input, 'name')
      await asOperator(config, openLog(), ({ controls }) => controls[type].delete(name))
      output.print(`deleted ${name}`)
      return 0
    },
  }
}

/** `holdfast scp attach`: makes an account, or all below a unit or the root, subject to a policy. */
function attach(type: Type): Command {
  return {
    name: `${type} attach`,
    about: `attaches a ${TITLES[type]} to an account, a unit or the root`,
    flags: { name: NAME, id: TARGET },
    run: async (input) => {
      const { config, output } = input
      requireDataFolder(config)
      const [name, id] = [requireFlag(input, 'name'), requireFlag(input, 'id')]
      await asOperator(config, openLog(), ({ controls }) => controls[type].attach(name, id))
      output.print(`attached ${name} to ${id}`)
      return 0
    },
  }
}

/** `holdfast scp detach`: the other way round. */
function detach(type: Type): Command {
  return {
    name: `${type} detach`,
    about: `detaches a ${TITLES[type]} from an account, a unit or the root`,
    flags: { name: NAME, id: TARGET },
    run: async (input) => {
      const { config, output } = input
      requireDataFolder(config)
      const [name, id] = [requireFlag(input, 'name'), requireFlag(input, 'id')]
      await asOperator(config, openLog(), ({ controls }) => controls[type].detach(name, id))
      output.print(`detached ${name} from ${id}`)
      return 0
    },
  }
}

/** The commands on control policies. */
export const CONTROL_COMMANDS: readonly Command[] = (['scp', 'rcp'] as const).flatMap((type) => [
  list(type),
  put(type),
  remove(type),
  attach(type),
  detach(type),
])
