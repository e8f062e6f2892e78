import type { Command } from '../command.ts'

/** The commands of the Lambda API. */
export const LAMBDA_COMMANDS: readonly Command[] = [
  {
    name: 'lambda serve',
    about: 'Serve functions over the Lambda API until SIGTERM, SIGINT or SIGQUIT',
    details: [
      'Code of callers runs on this machine, as the user of this process and without a sandbox: whoever may create functions can do what this user can.',
      'The environment of a function is encrypted under a KMS key of the data folder, with the permissions of the caller, and decrypted as the execution role. One process serves the folder of the functions.',
    ],
    settings: [
      ...['data', 'lambda-listen', 'lambda-folder', 'lambda-python', 'lambda-environments', 'tls-cert'],
      ...['tls-key', 'seal', 'account', 'region', 'connections', 'requests', 'calls', 'xks-ca', 'xks-routes'],
      ...['xks-timeout', 'pkcs11', 'pkcs11-timeout', 'witness'],
    ],
    examples: [
      { line: 'holdfast lambda serve', about: 'Serve on 127.0.0.1:7691 from the folder ./data/lambda' },
      {
        line: 'holdfast lambda serve --lambda-python /opt/lambda/bin/python --lambda-environments 50',
        about: 'Run functions in Python too, and up to 50 processes at once',
      },
    ],
    json: {
      shape: { event: 'string', 'endpoint?': 'string', 'data?': 'string', 'folder?': 'string' },
      lines: true,
    },
    run: async (input) => (await import('../lambda-serve.ts')).serveLambda(input),
  },
]
