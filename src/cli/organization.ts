import type { ListedAccount } from '../app/operator.ts'
import type { CommandInput } from './command.ts'
import { operate } from './operating.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast organization create`: creates an organization with all accounts in its root. */
export async function createOrganization(input: CommandInput): Promise<number> {
  const management = input.flags['management'] ?? input.config.account
  const { id, root } = await operate(input, ({ organization }) => organization.create(management))
  printResult(input, { organization: id, root, management }, () => [
    `organization  ${id}`,
    `root          ${root}`,
    `management    ${management}`,
  ])
  printNext(input, 'holdfast organization unit create --name NAME creates a unit')
  return 0
}

/** `holdfast organization show`: shows the tree and its attached policies. */
export async function showOrganization(input: CommandInput): Promise<number> {
  const { value, accounts } = await operate(input, ({ organization }) => organization.show())
  const { id, root, management, units, scps, rcps } = value
  const entries: readonly Entry[] = [
    { id: root, scps, rcps },
    ...units,
    ...accounts.flatMap((account) => (account.parent === undefined ? [] : [entryOf(account)])),
  ]
  const outside = accounts.filter(({ parent }) => parent === undefined).map((account) => account.id)
  const nodes = entries.map(nodeOf)
  printResult(input, { organization: id, root, management, nodes, accountsOutside: outside }, () => [
    `${id}  management account ${management}`,
    ...entries.filter((entry) => entry.id === root).flatMap((entry) => treeOf(entry, entries)),
    ...outside.map((account) => `${account}  in no organization`),
  ])
  return 0
}

type Entry = {
  readonly id: string
  readonly parent?: string
  readonly name?: string
  readonly scps?: readonly string[] | undefined
  readonly rcps?: readonly string[] | undefined
}

function nodeOf({ id: node, parent, name, scps = SCPS, rcps = [] }: Entry): object {
  return { id: node, parent, name, scps, rcps }
}

/** The policies that are attached to every target. */
const SCPS = ['FullAWSAccess']

function entryOf({ id, parent = '', scps, rcps }: ListedAccount): Entry {
  return { id, parent, scps, rcps }
}

function treeOf(entry: Entry, all: readonly Entry[], depth = 0): readonly string[] {
  const { id, name, scps = SCPS, rcps = [] } = entry
  const words = [id, ...(name === undefined ? [] : [name]), `scp ${scps.join(' ')}`]
  if (rcps.some((rcp) => rcp !== 'RCPFullAWSAccess')) words.push(`rcp ${rcps.join(' ')}`)
  const inside = all.filter(({ parent }) => parent === id)
  return [`${'  '.repeat(depth)}${words.join('  ')}`, ...inside.flatMap((one) => treeOf(one, all, depth + 1))]
}

/**
 * `holdfast organization delete`: deletes the organization; accounts keep the service control policies attached
 * to them.
 */
export async function deleteOrganization(input: CommandInput): Promise<number> {
  await operate(input, ({ organization }) => organization.delete())
  printResult(input, { deleted: true }, () => ['deleted the organization'])
  return 0
}

/** `holdfast organization move`: moves an account to another unit or the root. */
export async function moveAccount(input: CommandInput): Promise<number> {
  const { id: account = '', to = '' } = input.flags
  await operate(input, ({ organization }) => organization.move(account, to))
  printResult(input, { account, to }, () => [`moved ${account} to ${to}`])
  return 0
}

/** `holdfast organization remove`: removes an account from the organization. */
export async function removeAccount(input: CommandInput): Promise<number> {
  const { id: account = '' } = input.flags
  await operate(input, ({ organization }) => organization.remove(account))
  printResult(input, { account }, () => [`removed ${account} from the organization`])
  return 0
}

/** `holdfast organization unit create`: gives its id. */
export async function createUnit(input: CommandInput): Promise<number> {
  const { name = '', parent } = input.flags
  const unit = await operate(input, ({ organization }) => organization.createUnit(name, parent))
  printResult(input, { unit, name }, () => [unit])
  printNext(input, `holdfast organization move --id ACCOUNT_ID --to ${unit} moves an account into it`)
  return 0
}

/** `holdfast organization unit rename`: renames a unit. */
export async function renameUnit(input: CommandInput): Promise<number> {
  const { unit = '', name = '' } = input.flags
  await operate(input, ({ organization }) => organization.renameUnit(unit, name))
  printResult(input, { unit, name }, () => [`renamed ${unit} to ${name}`])
  return 0
}

/** `holdfast organization unit delete`: deletes a unit. */
export async function deleteUnit(input: CommandInput): Promise<number> {
  const { unit = '' } = input.flags
  await operate(input, ({ organization }) => organization.deleteUnit(unit))
  printResult(input, { unit }, () => [`deleted ${unit}`])
  return 0
}
