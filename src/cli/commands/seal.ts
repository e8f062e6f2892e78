import type { Command } from '../command.ts'
import { UNLOCK_SETTINGS } from '../unlock-settings.ts'
import { matching, NAME, oneOf } from '../values.ts'

const PATH_NAME = matching(
  'NAME',
  'the name of a path: small letters, digits, hyphens',
  /^[a-z0-9][a-z0-9-]{0,62}$/,
)
const PATH_NAMES = matching('NAMES', 'names of paths, separated by commas', /^[a-z0-9-]+(?:,[a-z0-9-]+)*$/)
const TYPE = oneOf('TYPE', ['file', 'credential', 'passphrase', 'shares', 'command', 'kms', 'pkcs11'])

const HOLDERS = matching('NUMBER', 'a number of people, from 2 to 32', /^(?:[2-9]|[12]\d|3[0-2])$/)

const PATH_SHAPE = {
  name: 'string',
  type: 'string',
  unattended: 'boolean',
  createdAt: 'string',
  provedAt: 'string or null',
  proved: 'boolean',
} as const

const STDIN = {
  about: 'Read the passphrase, or each share, from a line of standard input, and not from the terminal',
}

/** The commands on the unlock paths of the root key. */
export const SEAL_COMMANDS: readonly Command[] = [
  {
    name: 'seal list',
    about: 'List the unlock paths of the root key, in the order in which a start tries them',
    settings: ['data'],
    examples: [{ line: 'holdfast seal list', about: 'List the paths of ./data' }],
    json: { shape: { paths: [PATH_SHAPE], warnings: ['string'] } },
    run: async (input) => (await import('../seal.ts')).listUnlockPaths(input),
  },
  {
    name: 'seal add',
    about: 'Add an unlock path, at the end of the order',
    details: [
      'Each path has a key of its own, which wraps the root key. Any one path opens it.',
      'In an empty folder, the command creates the root key with this path only.',
    ],
    operands: [{ about: 'The name of the new path', takes: PATH_NAME }],
    options: {
      type: { about: 'The type of the path', takes: TYPE, required: true },
      credential: {
        about: 'For credential: the file name of the secret; the default is holdfast-root',
        takes: NAME,
      },
      'key-id': { about: 'For kms: the ID, ARN or alias of the key that wraps', takes: NAME },
      'key-region': { about: 'For kms: the region of that key', takes: NAME },
      endpoint: { about: 'For kms: the URL of the service; the default is that of AWS', takes: NAME },
      profile: { about: 'For kms: the profile of the credentials', takes: NAME },
      token: { about: 'For pkcs11: the name of the token in the file of HOLDFAST_PKCS11', takes: NAME },
      threshold: { about: 'For shares: how many of them open the root key, from 2', takes: HOLDERS },
      shares: { about: 'For shares: how many are made, at most 32', takes: HOLDERS },
      stdin: STDIN,
    },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [
      { line: 'holdfast seal add host --type credential', about: 'Open by a credential of systemd' },
      {
        line: 'holdfast seal add frankfurt --type kms --key-id alias/holdfast --key-region eu-central-1',
        about: 'Open by a key of AWS KMS',
      },
      { line: 'holdfast seal add hsm --type pkcs11 --token hsm', about: 'Open by a key in a PKCS #11 token' },
      { line: 'holdfast seal add spare --type passphrase', about: 'Open by a passphrase, which it asks for' },
      {
        line: 'holdfast seal add people --type shares --threshold 3 --shares 5',
        about: 'Open by any three of five people, to each of whom it shows a share',
      },
    ],
    json: { shape: { path: 'string', type: 'string' } },
    run: async (input) => (await import('../seal.ts')).addUnlockPath(input),
  },
  {
    name: 'seal prove',
    about: 'Open the root key by a path, and note that it works',
    details: ['The exit status is 1 when a path does not open.'],
    options: {
      path: { about: 'The path; the default is every path that needs no person', takes: PATH_NAME },
      stdin: STDIN,
    },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [
      { line: 'holdfast seal prove', about: 'Prove every path that needs no person' },
      { line: 'holdfast seal prove --path spare', about: 'Prove a passphrase' },
    ],
    json: { shape: { paths: [{ name: 'string', type: 'string', failure: 'string or null' }] } },
    run: async (input) => (await import('../seal.ts')).proveUnlockPaths(input),
  },
  {
    name: 'seal remove',
    about: 'Remove an unlock path',
    details: [
      'Another path must have been proved since paths were last added or removed.',
      'Whoever has the key of the path and an earlier copy of seal.json can still open the root key.',
    ],
    operands: [{ about: 'The path', takes: PATH_NAME }],
    options: { stdin: STDIN },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [{ line: 'holdfast seal remove file', about: 'Remove the key beside the data' }],
    json: { shape: { path: 'string' } },
    run: async (input) => (await import('../seal.ts')).removeUnlockPath(input),
  },
  {
    name: 'seal order',
    about: 'Set the order in which a start tries the unlock paths',
    operands: [{ about: 'All paths, the first one first', takes: PATH_NAMES }],
    options: { stdin: STDIN },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [{ line: 'holdfast seal order host,frankfurt,spare', about: 'Try the credential first' }],
    json: { shape: { paths: ['string'] } },
    run: async (input) => (await import('../seal.ts')).orderUnlockPaths(input),
  },
  {
    name: 'seal migrate',
    about: 'Give the root key of an earlier release unlock paths',
    details: [
      'root.key then holds a key that wraps the root key, and no longer the root key itself.',
      'Destroy copies of the old root.key when backups have the new files: they are the root key.',
    ],
    settings: ['data', 'account'],
    examples: [{ line: 'holdfast seal migrate', about: 'Move the folder ./data' }],
    json: { shape: { migrated: 'boolean' } },
    run: async (input) => (await import('../seal.ts')).migrateSeal(input),
  },
  {
    name: 'seal now',
    about: 'End the keys in the memory of every process of the deployment at once',
    details: [
      'The server, the S3 gateway and the XKS proxy start again, sealed: every call gets one answer. Other commands that have the folder open end.',
      'Calls in progress end without an answer. No start opens the deployment before holdfast unseal.',
      'The exit status is 1 when a process still has keys, or when none could record the seal.',
    ],
    settings: ['data'],
    examples: [{ line: 'holdfast seal now', about: 'Seal the deployment of ./data' }],
    json: { shape: { sealedAt: 'string', processes: 'number', recorded: 'number', failures: ['string'] } },
    run: async (input) => (await import('../seal.ts')).sealNow(input),
  },
  {
    name: 'unseal',
    about: 'Open the root key of sealed servers by an unlock path, and end the seal of seal now',
    options: {
      path: {
        about: 'The path; the default is the first one that needs a person, or else the first one',
        takes: PATH_NAME,
      },
      stdin: STDIN,
    },
    settings: ['data', 'account', ...UNLOCK_SETTINGS],
    examples: [
      { line: 'holdfast unseal', about: 'Type the passphrase of the server of ./data' },
      { line: 'holdfast unseal --path host', about: 'Open by a path that needs no person, after seal now' },
    ],
    json: { shape: { path: 'string', missing: 'string or null' } },
    run: async (input) => (await import('../seal.ts')).unseal(input),
  },
]
