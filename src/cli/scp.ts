import { asOperator } from '../operator.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { readGivenFile, withPolicyOf } from './given-file.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const NAME = { about: 'the name of the policy' }
const ACCOUNT = { about: 'the account, 12 digits' }

/** `holdfast scp list`: the service control policies of the organisation. */
const scpList: Command = {
  name: 'scp list',
  about: 'lists the service control policies, and the accounts that they are attached to',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    for (const { name, accounts } of await asOperator(config, openLog(), (operator) => operator.scps())) {
      output.print([name, ...accounts].join('  '))
    }
    return 0
  },
}

/** `holdfast scp put`: makes a service control policy, or changes it. */
const scpPut: Command = {
  name: 'scp put',
  about: 'makes a service control policy of a file, or puts it in the place of the one with its name',
  flags: { name: NAME, file: { about: 'the JSON file that the policy is in' } },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const name = requireFlag(input, 'name')
    const document = await readGivenFile(input, 'file')
    await withPolicyOf(input, 'file', () =>
      asOperator(config, openLog(), (operator) => operator.putScp(name, document)),
    )
    output.print(`put ${name}`)
    return 0
  },
}

/** `holdfast scp delete`: deletes one that is attached to nothing. */
const scpDelete: Command = {
  name: 'scp delete',
  about: 'deletes a service control policy that no account has',
  flags: { name: NAME },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const name = requireFlag(input, 'name')
    await asOperator(config, openLog(), (operator) => operator.deleteScp(name))
    output.print(`deleted ${name}`)
    return 0
  },
}

/** `holdfast scp attach`: makes an account subject to a policy. */
const scpAttach: Command = {
  name: 'scp attach',
  about: 'attaches a service control policy to an account: one of all that it has must allow a call',
  flags: { name: NAME, id: ACCOUNT },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const [name, id] = [requireFlag(input, 'name'), requireFlag(input, 'id')]
    await asOperator(config, openLog(), (operator) => operator.attachScp(name, id))
    output.print(`attached ${name} to ${id}`)
    return 0
  },
}

/** `holdfast scp detach`: the other way round. */
const scpDetach: Command = {
  name: 'scp detach',
  about: 'detaches a service control policy from an account',
  flags: { name: NAME, id: ACCOUNT },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const [name, id] = [requireFlag(input, 'name'), requireFlag(input, 'id')]
    await asOperator(config, openLog(), (operator) => operator.detachScp(name, id))
    output.print(`detached ${name} from ${id}`)
    return 0
  },
}

/** The commands on service control policies. */
export const SCP_COMMANDS: readonly Command[] = [scpList, scpPut, scpDelete, scpAttach, scpDetach]
