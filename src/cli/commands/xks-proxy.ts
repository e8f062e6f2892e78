import type { Command } from '../command.ts'
import { matching, NAME } from '../values.ts'

const EXTERNAL_KEY = matching('ID', 'the ID of an external key', /./)
const ACCESS_KEY_ID = { ...NAME, name: 'ACCESS_KEY_ID', expected: 'an access key ID' }
const KEY_OPERAND = [{ about: 'The ID of the external key', takes: EXTERNAL_KEY }]
const SETTINGS = ['data']

/** The commands of the XKS proxy. */
export const XKS_PROXY_COMMANDS: readonly Command[] = [
  {
    name: 'xks-proxy',
    about: 'Serve external keys over the XKS proxy API until SIGTERM, SIGINT or SIGQUIT',
    settings: ['data', 'xks-listen', 'xks-prefix', 'tls-cert', 'tls-key', 'seal', 'account', 'witness'],
    examples: [
      {
        line: 'holdfast xks-proxy --data proxy --xks-listen 0.0.0.0:7643 --tls-cert chain.pem --tls-key key.pem',
        about: 'Serve external keys to AWS KMS or another Holdfast',
      },
    ],
    json: { shape: { event: 'string', 'endpoint?': 'string', 'data?': 'string' }, lines: true },
    run: async (input) => (await import('../xks-proxy.ts')).serveProxy(input),
  },
  {
    name: 'xks-proxy key create',
    about: 'Create an external key, enabled',
    operands: KEY_OPERAND,
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy key create payments-1', about: 'Create an external key' }],
    json: { shape: { id: 'string', status: 'string' } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).createKey(input),
  },
  {
    name: 'xks-proxy key enable',
    about: 'Enable an external key again',
    operands: KEY_OPERAND,
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy key enable payments-1', about: 'Enable an external key' }],
    json: { shape: { id: 'string', status: 'string' } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).enableKey(input),
  },
  {
    name: 'xks-proxy key disable',
    about: 'Disable an external key at once',
    operands: KEY_OPERAND,
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy key disable payments-1', about: 'Disable an external key' }],
    json: { shape: { id: 'string', status: 'string' } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).disableKey(input),
  },
  {
    name: 'xks-proxy key list',
    about: 'List the external keys',
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy key list', about: 'List the external keys' }],
    json: { shape: { keys: [{ id: 'string', status: 'string', createdAt: 'string' }] } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).listKeys(input),
  },
  {
    name: 'xks-proxy credential create',
    about: 'Create the credential that a custom key store signs with, and print it once',
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy credential create', about: 'Create a credential' }],
    json: { shape: { AccessKeyId: 'string', RawSecretAccessKey: 'string' } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).createCredential(input),
  },
  {
    name: 'xks-proxy credential list',
    about: 'List the access key IDs of the credentials',
    settings: SETTINGS,
    examples: [{ line: 'holdfast xks-proxy credential list', about: 'List the credentials' }],
    json: { shape: { credentials: [{ accessKeyId: 'string', createdAt: 'string' }] } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).listCredentials(input),
  },
  {
    name: 'xks-proxy credential delete',
    about: 'Delete a credential; it stops working at once',
    operands: [{ about: 'The access key ID', takes: ACCESS_KEY_ID }],
    settings: SETTINGS,
    examples: [
      { line: 'holdfast xks-proxy credential delete AKIAIOSFODNN7EXAMPLE', about: 'Delete a credential' },
    ],
    json: { shape: { accessKeyId: 'string' } },
    run: async (input) => (await import('../xks-proxy-administration.ts')).deleteCredential(input),
  },
]
