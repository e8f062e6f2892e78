import type { Command } from '../command.ts'
import { CONTEXT_ENTRY, FILE, FOLDER, KEY, VARIABLE, wholeNumber } from '../values.ts'

const CLIENT_DETAILS =
  'The endpoint, region and credentials are those of AWS clients: AWS_ENDPOINT_URL_KMS, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE and the like. Without an endpoint, the calls go to AWS KMS.'

const CONTEXT = { about: 'A pair of the encryption context', takes: CONTEXT_ENTRY, repeats: true } as const

/** The commands that use KMS on behalf of programs. */
export const PROGRAM_COMMANDS: readonly Command[] = [
  {
    name: 'exec',
    about: 'Start a program with the encrypted variables of its environment decrypted',
    details: [
      'A variable with the value kms:BASE64 is decrypted with KMS, for the program alone. When one of them is not decrypted, the program is not started.',
      'The program replaces this process, so its exit status and signals are its own. With --files, this process waits for the program and then removes the files.',
      CLIENT_DETAILS,
    ],
    options: {
      'env-file': { about: 'Further variables, NAME=VALUE on each line; they win', takes: FILE },
      context: CONTEXT,
      key: { about: 'Decrypt only what this key encrypted', takes: KEY },
      files: {
        about: 'Write each value into a file in memory; NAME_FILE, in place of NAME, is its path',
      },
      'files-in': { about: 'The folder in which --files makes its own folder', takes: FOLDER },
    },
    program: 'the program that is started, with its arguments',
    settings: [],
    examples: [
      {
        line: 'holdfast exec --env-file app.env -- node server.js',
        about: 'Start a server with the variables of a file',
      },
      {
        line: 'holdfast exec --files --context app=shop -- ./server',
        about: 'Give secrets as files, such as DB_PASSWORD_FILE',
      },
    ],
    run: async (input) => (await import('../exec.ts')).execute(input),
  },
  {
    name: 'exec encrypt',
    about: 'Encrypt the value of a variable, and print NAME=kms:BASE64 for an environment file',
    details: [
      'Without =VALUE, the value is read from standard input, where neither the list of processes nor the history of the shell shows it.',
      CLIENT_DETAILS,
    ],
    operands: [{ about: 'The name of the variable, or NAME=VALUE', takes: VARIABLE }],
    options: {
      key: { about: 'The key to encrypt under', takes: KEY, required: true },
      context: CONTEXT,
    },
    settings: [],
    examples: [
      {
        line: 'holdfast exec encrypt DB_PASSWORD --key alias/app >> app.env',
        about: 'Ask for a value, and add it to a file',
      },
    ],
    run: async (input) => (await import('../exec-encrypt.ts')).encryptVariable(input),
  },
  {
    name: 'kubernetes-kms',
    about: 'Serve the KMS API v2 of Kubernetes on a Unix socket, until SIGTERM, SIGINT or SIGQUIT',
    details: [
      'API servers encrypt what they store under seeds that the KMS key encrypts. The key ID is the key ARN with the ID of its key material, so they notice a rotation.',
      'While KMS gives no answer, the plug-in decrypts seeds that it has seen before; after a refusal of KMS it does not.',
      CLIENT_DETAILS,
    ],
    options: {
      key: { about: 'The KMS key: symmetric', takes: KEY, required: true },
      socket: { about: 'The path of the socket', takes: FILE, required: true },
      'socket-group': { about: 'Let the group of the socket connect too' },
      context: CONTEXT,
      'state-folder': {
        about: 'A folder in memory that keeps seen seeds for the next start of the plug-in',
        takes: FOLDER,
      },
      'offline-hours': {
        about: 'How long seen seeds are used while KMS gives no answer; 0: never',
        takes: wholeNumber('HOURS', 0, 168),
        byDefault: '24',
      },
    },
    settings: [],
    examples: [
      {
        line: 'holdfast kubernetes-kms --key alias/cluster --socket /run/holdfast-kms/kms.sock --state-folder /run/holdfast-kms',
        about: 'Serve the API server of this machine',
      },
    ],
    json: { shape: { event: 'string', socket: 'string', endpoint: 'string' }, lines: true },
    run: async (input) => (await import('../kubernetes-kms.ts')).serveKubernetesKms(input),
  },
]
