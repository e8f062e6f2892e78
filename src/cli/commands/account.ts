import type { Command } from '../command.ts'
import { ACCOUNT_ID, matching, NAME } from '../values.ts'

const QUOTA_VALUE = matching('VALUE', 'a whole number, aws or default', /^(?:[0-9]{1,10}|aws|default)$/)

/** The commands on accounts, their root credentials and quotas. */
export const ACCOUNT_COMMANDS: readonly Command[] = [
  {
    name: 'account create',
    about: 'Create an account, and add its root credentials to the credentials file',
    options: {
      id: { about: 'The ID of the new account; the default is a random one', takes: ACCOUNT_ID },
    },
    settings: ['data'],
    confusable: { account: '--id with the ID of the new account' },
    examples: [{ line: 'holdfast account create --id 111122223333', about: 'Create an account' }],
    json: { shape: { account: 'string', credentials: 'string', profile: 'string' } },
    run: async (input) => (await import('../account.ts')).createAccount(input),
  },
  {
    name: 'account list',
    about: 'List the accounts: ID, creation time, service control policies',
    settings: ['data'],
    examples: [{ line: 'holdfast account list', about: 'List the accounts of ./data' }],
    json: { shape: { accounts: [{ account: 'string', createdAt: 'string', scps: ['string'] }] } },
    run: async (input) => (await import('../account.ts')).listAccounts(input),
  },
  {
    name: 'root-credentials create',
    about: 'Create new root credentials for an account, and put them into the credentials file',
    details: ['Use it when root credentials are lost or leaked.'],
    options: {
      'deactivate-others': {
        about: "Deactivate the account's other root access keys, and end the root user's console sessions",
      },
      'delete-others': {
        about: "Delete the account's other root access keys, and end the root user's console sessions",
      },
    },
    settings: ['data', 'account'],
    examples: [
      { line: 'holdfast root-credentials create', about: 'Replace lost root credentials' },
      {
        line: 'holdfast root-credentials create --account 111122223333 --delete-others',
        about: 'Replace leaked root credentials, and end the old ones',
      },
    ],
    json: {
      shape: {
        account: 'string',
        accessKeyId: 'string',
        credentials: 'string',
        profile: 'string',
        otherAccessKeys: [{ accessKeyId: 'string', status: 'string' }],
        endedSessions: 'number',
        endedLinks: 'number',
      },
    },
    run: async (input) => (await import('../root-credentials.ts')).createRootCredentials(input),
  },
  {
    name: 'quota list',
    about: "List an account's quotas: name, value, whether it was set, the value in AWS",
    settings: ['data', 'account'],
    examples: [{ line: 'holdfast quota list', about: 'List the quotas of the default account' }],
    json: {
      shape: {
        account: 'string',
        quotas: [
          {
            name: 'string',
            value: 'number',
            unit: 'string',
            isSet: 'boolean',
            aws: 'number or null',
            about: 'string',
          },
        ],
      },
    },
    run: async (input) => (await import('../quota.ts')).listQuotas(input),
  },
  {
    name: 'quota set',
    about: 'Set a quota of an account; it takes effect at once',
    options: {
      name: { about: 'The name of the quota, or all', takes: NAME, required: true },
      value: {
        about: "A whole number; aws: AWS's value; default: Holdfast's",
        takes: QUOTA_VALUE,
        required: true,
      },
    },
    settings: ['data', 'account'],
    examples: [
      {
        line: 'holdfast quota set --account 111122223333 --name kms.keys --value 500',
        about: 'Limit an account to 500 keys',
      },
      {
        line: 'holdfast quota set --name all --value aws',
        about: "Give the default account AWS's quotas",
      },
    ],
    json: { shape: { account: 'string', name: 'string', value: 'string' } },
    run: async (input) => (await import('../quota.ts')).setQuota(input),
  },
]
