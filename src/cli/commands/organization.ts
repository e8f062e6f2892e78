import type { Command } from '../command.ts'
import { ACCOUNT_ID, FILE, NAME, PARENT, TARGET, UNIT } from '../values.ts'

const POLICY_NAME = { about: 'The name of the policy', takes: NAME, required: true } as const
const POLICY_TARGET = { about: 'The account, unit or root', takes: TARGET, required: true } as const
const ACCOUNT = { about: 'The account', takes: ACCOUNT_ID, required: true } as const
const UNIT_ID = { about: 'The unit', takes: UNIT, required: true } as const

/** The commands on the organization. */
export const ORGANIZATION_COMMANDS: readonly Command[] = [
  {
    name: 'organization create',
    about: 'Create the organization, with every account in its root',
    options: {
      management: {
        about: 'The management account, which no control policy limits; the default is that of --account',
        takes: ACCOUNT_ID,
      },
    },
    settings: ['data', 'account'],
    examples: [{ line: 'holdfast organization create', about: 'Put all accounts into an organization' }],
    json: { shape: { organization: 'string', root: 'string', management: 'string' } },
    run: async (input) => (await import('../organization.ts')).createOrganization(input),
  },
  {
    name: 'organization show',
    about: 'Show the organization: units, accounts, and the control policies attached to each',
    settings: ['data'],
    examples: [{ line: 'holdfast organization show', about: 'Show the tree' }],
    json: {
      shape: {
        organization: 'string',
        root: 'string',
        management: 'string',
        nodes: [{ id: 'string', 'parent?': 'string', 'name?': 'string', scps: ['string'], rcps: ['string'] }],
        accountsOutside: ['string'],
      },
    },
    run: async (input) => (await import('../organization.ts')).showOrganization(input),
  },
  {
    name: 'organization delete',
    about: 'Delete the organization, once it has no units and its root no policies of yours',
    settings: ['data'],
    examples: [{ line: 'holdfast organization delete', about: 'Delete the organization' }],
    json: { shape: { deleted: 'boolean' } },
    run: async (input) => (await import('../organization.ts')).deleteOrganization(input),
  },
  {
    name: 'organization move',
    about: 'Move an account into a unit or the root, also one that is in no organization',
    options: {
      id: ACCOUNT,
      to: { about: 'The unit or root', takes: PARENT, required: true },
    },
    settings: ['data'],
    examples: [
      {
        line: 'holdfast organization move --id 111122223333 --to ou-a1b2-c3d4e5f6',
        about: 'Move an account into a unit',
      },
    ],
    json: { shape: { account: 'string', to: 'string' } },
    run: async (input) => (await import('../organization.ts')).moveAccount(input),
  },
  {
    name: 'organization remove',
    about: 'Remove an account from the organization',
    options: { id: ACCOUNT },
    settings: ['data'],
    examples: [
      {
        line: 'holdfast organization remove --id 111122223333',
        about: 'Remove an account from the organization',
      },
    ],
    json: { shape: { account: 'string' } },
    run: async (input) => (await import('../organization.ts')).removeAccount(input),
  },
  {
    name: 'organization unit create',
    about: 'Create an organizational unit, and print its ID',
    options: {
      name: { about: 'The name of the unit', takes: NAME, required: true },
      parent: { about: 'The unit or root that it is in; the default is the root', takes: PARENT },
    },
    settings: ['data'],
    examples: [{ line: 'holdfast organization unit create --name production', about: 'Create a unit' }],
    json: { shape: { unit: 'string', name: 'string' } },
    run: async (input) => (await import('../organization.ts')).createUnit(input),
  },
  {
    name: 'organization unit rename',
    about: 'Rename an organizational unit',
    options: { unit: UNIT_ID, name: { about: 'The new name', takes: NAME, required: true } },
    settings: ['data'],
    examples: [
      {
        line: 'holdfast organization unit rename --unit ou-a1b2-c3d4e5f6 --name live',
        about: 'Rename a unit',
      },
    ],
    json: { shape: { unit: 'string', name: 'string' } },
    run: async (input) => (await import('../organization.ts')).renameUnit(input),
  },
  {
    name: 'organization unit delete',
    about: 'Delete an organizational unit that contains no account and no unit',
    options: { unit: UNIT_ID },
    settings: ['data'],
    examples: [
      { line: 'holdfast organization unit delete --unit ou-a1b2-c3d4e5f6', about: 'Delete an empty unit' },
    ],
    json: { shape: { unit: 'string' } },
    run: async (input) => (await import('../organization.ts')).deleteUnit(input),
  },
]

type Type = 'scp' | 'rcp'

const TITLES: Readonly<Record<Type, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
}

/** The commands on service control policies and resource control policies. */
export const CONTROL_COMMANDS: readonly Command[] = (['scp', 'rcp'] as const).flatMap((type) => [
  ...documentCommands(type),
  ...attachmentCommands(type),
])

function documentCommands(type: Type): readonly Command[] {
  const title = TITLES[type]
  const settings = ['data']
  return [
    {
      name: `${type} list`,
      about: `List each ${title}, and the accounts, units and root that it is attached to`,
      settings,
      examples: [{ line: `holdfast ${type} list`, about: 'List the policies' }],
      json: { shape: { policies: [{ name: 'string', targets: ['string'] }] } },
      run: async (input) => (await import('../control-policy.ts')).listPolicies(type, input),
    },
    {
      name: `${type} put`,
      about: `Create a ${title} from a file, or replace the one of the same name`,
      options: {
        name: POLICY_NAME,
        file: { about: 'The JSON file with the policy', takes: FILE, required: true },
      },
      settings,
      examples: [
        {
          line: `holdfast ${type} put --name guardrail --file guardrail.json`,
          about: 'Create or replace a policy',
        },
      ],
      json: { shape: { name: 'string' } },
      run: async (input) => (await import('../control-policy.ts')).putPolicy(type, input),
    },
    {
      name: `${type} delete`,
      about: `Delete a ${title} that is attached to nothing`,
      options: { name: POLICY_NAME },
      settings,
      examples: [{ line: `holdfast ${type} delete --name guardrail`, about: 'Delete a policy' }],
      json: { shape: { name: 'string' } },
      run: async (input) => (await import('../control-policy.ts')).deletePolicy(type, input),
    },
  ]
}

function attachmentCommands(type: Type): readonly Command[] {
  const facts = {
    options: { name: POLICY_NAME, id: POLICY_TARGET },
    settings: ['data'],
    json: { shape: { name: 'string', target: 'string' } },
  } as const
  return [
    {
      ...facts,
      name: `${type} attach`,
      about: `Attach a ${TITLES[type]} to an account, a unit or the root`,
      examples: [
        {
          line: `holdfast ${type} attach --name guardrail --id 111122223333`,
          about: 'Attach a policy to an account',
        },
      ],
      run: async (input) => (await import('../control-policy.ts')).attachPolicy(type, input),
    },
    {
      ...facts,
      name: `${type} detach`,
      about: `Detach a ${TITLES[type]} from an account, a unit or the root`,
      examples: [
        {
          line: `holdfast ${type} detach --name guardrail --id 111122223333`,
          about: 'Detach a policy from an account',
        },
      ],
      run: async (input) => (await import('../control-policy.ts')).detachPolicy(type, input),
    },
  ]
}
