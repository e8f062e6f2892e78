/** Terraform and its AWS provider against a running server: each resource of KMS and IAM is made, changed, imported and destroyed. */

import assert from 'node:assert/strict'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { succeed } from '../support/calls.ts'
import { type Ended, ROOT, run } from '../support/run.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { clientEnvironment, missingTerraform, TERRAFORM_PROVIDERS } from './tools.ts'

const skip = await missingTerraform()
const CONFIGURATION = join(ROOT, 'test', 'conformance', 'terraform')
const DAY_MS = 86_400_000
/** What `plan -detailed-exitcode` exits with. Source: Terraform, "Command: plan". */
const [NOTHING_TO_DO, SOMETHING_TO_DO] = [0, 2]

let server: TestServer
let environment: Readonly<Record<string, string>>
let folder: string

before(async () => {
  if (skip !== false) return
  server = await startServer()
  folder = await temporaryFolder()
  environment = {
    ...(await clientEnvironment(server)),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_CLI_CONFIG_FILE: '/dev/null',
    TF_VAR_endpoint: server.endpoint,
  }
  await prepare('made')
})

after(async () => {
  if (skip !== false) return
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** A folder with the configuration and no state. */
async function prepare(name: string): Promise<void> {
  await mkdir(join(folder, name))
  await cp(CONFIGURATION, join(folder, name), { recursive: true })
  await succeedIn(name, 'init', `-plugin-dir=${TERRAFORM_PROVIDERS}`)
}

function terraform(name: string, ...args: readonly string[]): Promise<Ended> {
  const [command = '', ...rest] = args
  const plain = command === 'show' ? [] : ['-no-color']
  return run('terraform', [command, ...plain, ...rest], { environment, folder: join(folder, name) })
}

async function succeedIn(name: string, ...args: readonly string[]): Promise<string> {
  const { status, out, err } = await terraform(name, ...args)
  assert.equal(status, 0, `terraform ${args.join(' ')}\n${err}\n${out.slice(-2000)}`)
  return out
}

function variables(round: 1 | 2): readonly string[] {
  const validTo = new Date(Date.now() + round * 100 * DAY_MS)
  validTo.setUTCHours(0, 0, 0, 0)
  return [`-var=round=${round}`, `-var=valid_to=${validTo.toISOString().replace('.000', '')}`]
}

/** What is to be done according to a plan, by the resource. */
async function plannedIn(name: string, round: 1 | 2, status: number): Promise<ReadonlyMap<string, Change>> {
  const planned = await terraform(name, 'plan', '-detailed-exitcode', '-out=plan', ...variables(round))
  assert.equal(planned.status, status, `${planned.err}\n${planned.out.slice(-2000)}`)
  const plan: Plan = JSON.parse(await succeedIn(name, 'show', '-json', 'plan'))
  return new Map(plan.resource_changes.map(({ address, change }) => [address, change]))
}

type Change = {
  readonly actions: readonly string[]
  readonly before: Values | null
  readonly after: Values | null
}
type Values = Readonly<Record<string, unknown>>
type Plan = {
  readonly resource_changes: readonly { readonly address: string; readonly change: Change }[]
}
type Resource = {
  readonly address: string
  readonly mode: string
  readonly type: string
  readonly values: Values
}
/** Nothing is in a state from which everything has gone. */
type State = { readonly values?: { readonly root_module: { readonly resources: readonly Resource[] } } }

async function resources(): Promise<readonly Resource[]> {
  const state: State = JSON.parse(await succeedIn('made', 'show', '-json'))
  return (state.values?.root_module.resources ?? []).filter(({ mode }) => mode === 'managed')
}

test('Terraform makes every resource, reads what it has made, and finds nothing to do afterwards', {
  skip,
}, async () => {
  const out = await succeedIn('made', 'apply', '-auto-approve', ...variables(1))
  assert.match(out, /^secret\s+= "a value"$/m)
  assert.match(out, /^simulated\s+= true$/m)
  await plannedIn('made', 1, NOTHING_TO_DO)
})

/** What cannot be changed in place, as the provider says. */
const REPLACED = /^aws_kms_ciphertext\.|^aws_kms_external_key\.main$/

test('Terraform changes resources in place, and finds nothing to do afterwards', { skip }, async () => {
  const changes = await plannedIn('made', 2, SOMETHING_TO_DO)
  const replaced = [...changes].filter(([, { actions }]) => actions.includes('delete'))
  assert.deepEqual(
    replaced.map(([address]) => address).filter((address) => !REPLACED.test(address)),
    [],
  )
  const updated = [...changes].filter(([, { actions }]) => actions.join() === 'update')
  assert.ok(updated.length >= 20, `${updated.length} changes in place`)
  await succeedIn('made', 'apply', '-auto-approve', 'plan')
  await plannedIn('made', 2, NOTHING_TO_DO)
})

/** Types that the provider cannot import, or only without a secret that it then wants to put again. */
const NOT_IMPORTED = new Set([
  'aws_iam_group_membership',
  'aws_iam_policy_attachment',
  'aws_kms_ciphertext',
  'aws_kms_external_key',
  'aws_kms_replica_external_key',
])

/** The id that a resource is imported by. Source: the pages of the resources, "Import". */
function importId({ type, values }: Resource): string {
  const value = (name: string): string => String(values[name])
  switch (type) {
    case 'aws_iam_role_policy_attachment':
      return `${value('role')}/${value('policy_arn')}`
    case 'aws_iam_user_policy_attachment':
      return `${value('user')}/${value('policy_arn')}`
    case 'aws_iam_group_policy_attachment':
      return `${value('group')}/${value('policy_arn')}`
    case 'aws_iam_user_group_membership':
      return [value('user'), ...(values['groups'] as readonly string[])].join('/')
    case 'aws_iam_role_policies_exclusive':
    case 'aws_iam_role_policy_attachments_exclusive':
      return value('role_name')
    case 'aws_iam_user_policies_exclusive':
    case 'aws_iam_user_policy_attachments_exclusive':
      return value('user_name')
    case 'aws_iam_group_policies_exclusive':
    case 'aws_iam_group_policy_attachments_exclusive':
      return value('group_name')
    default:
      return value('id')
  }
}

/** Arguments that are the provider's own: no call reads them. */
const PROVIDERS_OWN = new Set([
  'bypass_policy_lockout_safety_check',
  'deletion_window_in_days',
  'force_destroy',
  'force_detach_policies',
  'rotate',
])

test('Terraform imports every resource and finds it as it is configured', { skip }, async () => {
  const made = (await resources()).filter(({ type }) => !NOT_IMPORTED.has(type))
  assert.ok(made.length > 35, `${made.length} resources`)
  await prepare('imported')
  const blocks = made.map(
    (resource) => `import {\n  to = ${resource.address}\n  id = ${JSON.stringify(importId(resource))}\n}\n`,
  )
  await writeFile(join(folder, 'imported', 'imports.tf'), blocks.join('\n'))
  const changes = await plannedIn('imported', 2, SOMETHING_TO_DO)
  const wrong = made.flatMap(({ address }) => {
    const change = changes.get(address)
    const differing = differences(change)
    return change !== undefined && differing.length === 0
      ? []
      : [{ address, actions: change?.actions, differing }]
  })
  assert.deepEqual(wrong, [])
})

function differences(change: Change | undefined): readonly string[] {
  const { before, after: wanted } = change ?? { before: null, after: null }
  if (before === null || wanted === null) return ['everything']
  return Object.keys(wanted).filter(
    (name) => !PROVIDERS_OWN.has(name) && JSON.stringify(before[name]) !== JSON.stringify(wanted[name]),
  )
}

test('Terraform destroys everything that it has made', { skip }, async () => {
  await succeedIn('made', 'destroy', '-auto-approve', ...variables(2))
  assert.deepEqual(await resources(), [])
  const { Keys } = await succeed(server, 'ListKeys', {})
  for (const { KeyId } of Keys as readonly { readonly KeyId: string }[]) {
    const { KeyMetadata } = await succeed(server, 'DescribeKey', { KeyId })
    assert.match((KeyMetadata as { readonly KeyState: string }).KeyState, /^Pending(?:Replica)?Deletion$/)
  }
})
