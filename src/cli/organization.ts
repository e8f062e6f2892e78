import { asOperator, type ListedAccount } from '../app/operator.ts'
import type { Command } from './command.ts'
import { requireDataFolder } from './data-folder.ts'
import { openLog } from './log.ts'
import { requireFlag } from './require-flag.ts'

const ACCOUNT = { about: 'the account, 12 digits' }
const UNIT = { about: 'the id of the unit, ou-…' }

/** `holdfast organization create`: an organization, with all accounts in its root. */
const create: Command = {
  name: 'organization create',
  about: 'makes the organization, with every account in its root',
  flags: {
    management: { about: 'the account that no control policy binds; the first account when left out' },
  },
  run: async ({ config, output, flags }) => {
    requireDataFolder(config)
    const management = flags['management'] ?? config.account
    const { id, root } = await asOperator(config, openLog(), ({ organization }) =>
      organization.create(management),
    )
    output.print(`organization  ${id}`)
    output.print(`root          ${root}`)
    output.print(`management    ${management}`)
    return 0
  },
}

/** `holdfast organization show`: the tree, and what is attached to it. */
const show: Command = {
  name: 'organization show',
  about: 'shows the organization: units, accounts, and the control policies that are attached to each',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    const { value, accounts } = await asOperator(config, openLog(), ({ organization }) => organization.show())
    const { id, root, management, units, scps, rcps } = value
    output.print(`${id}  management account ${management}`)
    const entries: readonly Entry[] = [
      ...units,
      ...accounts.flatMap((account) => (account.parent === undefined ? [] : [entryOf(account)])),
    ]
    for (const line of treeOf({ id: root, scps, rcps }, entries)) output.print(line)
    for (const account of accounts) {
      if (account.parent === undefined) output.print(`${account.id}  in no organization`)
    }
    return 0
  },
}

type Entry = {
  readonly id: string
  readonly parent?: string
  readonly name?: string
  readonly scps?: readonly string[] | undefined
  readonly rcps?: readonly string[] | undefined
}

function entryOf({ id, parent = '', scps, rcps }: ListedAccount): Entry {
  return { id, parent, scps, rcps }
}

function treeOf(entry: Entry, all: readonly Entry[], depth = 0): readonly string[] {
  const { id, name, scps = ['FullAWSAccess'], rcps = [] } = entry
  const parts = [id, ...(name === undefined ? [] : [name]), `scp ${scps.join(' ')}`]
  if (rcps.some((rcp) => rcp !== 'RCPFullAWSAccess')) parts.push(`rcp ${rcps.join(' ')}`)
  const inside = all.filter(({ parent }) => parent === id)
  return [`${'  '.repeat(depth)}${parts.join('  ')}`, ...inside.flatMap((one) => treeOf(one, all, depth + 1))]
}

/** `holdfast organization delete`: leaves accounts with the service control policies that are their own. */
const remove: Command = {
  name: 'organization delete',
  about: 'deletes the organization, once it has no units and its root no policies of yours',
  run: async ({ config, output }) => {
    requireDataFolder(config)
    await asOperator(config, openLog(), ({ organization }) => organization.delete())
    output.print('deleted the organization')
    return 0
  },
}

/** `holdfast organization move`: puts an account elsewhere in the tree. */
const move: Command = {
  name: 'organization move',
  about: 'puts an account into a unit or the root, also one that is in no organization',
  flags: { id: ACCOUNT, to: { about: 'the id of the unit (ou-…) or root (r-…)' } },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const [id, to] = [requireFlag(input, 'id'), requireFlag(input, 'to')]
    await asOperator(config, openLog(), ({ organization }) => organization.move(id, to))
    output.print(`moved ${id} to ${to}`)
    return 0
  },
}

/** `holdfast organization remove`: takes an account out. */
const takeOut: Command = {
  name: 'organization remove',
  about: 'takes an account out of the organization',
  flags: { id: ACCOUNT },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const id = requireFlag(input, 'id')
    await asOperator(config, openLog(), ({ organization }) => organization.remove(id))
    output.print(`removed ${id}`)
    return 0
  },
}

/** `holdfast organization unit create`: gives its id. */
const unitCreate: Command = {
  name: 'organization unit create',
  about: 'makes an organizational unit, and gives its id',
  flags: {
    name: { about: 'the name of the unit' },
    parent: { about: 'the id of the unit (ou-…) that it is in; the root when left out' },
  },
  run: async (input) => {
    const { config, output, flags } = input
    requireDataFolder(config)
    const name = requireFlag(input, 'name')
    const id = await asOperator(config, openLog(), ({ organization }) =>
      organization.createUnit(name, flags['parent']),
    )
    output.print(id)
    return 0
  },
}

/** `holdfast organization unit rename`. */
const unitRename: Command = {
  name: 'organization unit rename',
  about: 'gives an organizational unit another name',
  flags: { unit: UNIT, name: { about: 'its new name' } },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const [unit, name] = [requireFlag(input, 'unit'), requireFlag(input, 'name')]
    await asOperator(config, openLog(), ({ organization }) => organization.renameUnit(unit, name))
    output.print(`renamed ${unit} to ${name}`)
    return 0
  },
}

/** `holdfast organization unit delete`. */
const unitDelete: Command = {
  name: 'organization unit delete',
  about: 'deletes an organizational unit that has no account and no unit in it',
  flags: { unit: UNIT },
  run: async (input) => {
    const { config, output } = input
    requireDataFolder(config)
    const unit = requireFlag(input, 'unit')
    await asOperator(config, openLog(), ({ organization }) => organization.deleteUnit(unit))
    output.print(`deleted ${unit}`)
    return 0
  },
}

/** The commands on the organization. */
export const ORGANIZATION_COMMANDS: readonly Command[] = [
  create,
  show,
  remove,
  move,
  takeOut,
  unitCreate,
  unitRename,
  unitDelete,
]
