import type { Command } from '../command.ts'
import { FILE_NAME, FOLDER, HOST, NAME, REGION, STORE, wholeNumber } from '../values.ts'

/** The commands that run or inspect a server. */
export const SERVER_COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    about: 'Run the server until SIGTERM, SIGINT or SIGQUIT',
    details: [
      'The first start makes the data folder, the root key and root credentials. SIGHUP makes the server read its TLS certificate again.',
    ],
    settings: 'all',
    examples: [
      { line: 'holdfast serve', about: 'Serve on 127.0.0.1:7600 from the data folder ./data' },
      {
        line: 'holdfast serve --listen 0.0.0.0:7600 --tls-cert chain.pem --tls-key key.pem --workers auto',
        about: 'Serve a network over TLS, with one process for each core',
      },
    ],
    json: {
      shape: {
        event: 'string',
        'endpoint?': 'string',
        'data?': 'string',
        'credentials?': 'string or null',
        'console?': 'string or null',
        'signIn?': 'string or null',
        'metrics?': 'string or null',
      },
      lines: true,
    },
    run: async (input) => (await import('../serve.ts')).serve(input),
  },
  {
    name: 'console',
    about: 'Print a link that signs in to the web console',
    details: ['The link works once, within 15 minutes.'],
    options: {
      user: { about: 'The user to sign in as; the default is the root user', takes: NAME },
    },
    settings: ['data', 'listen', 'account', 'console'],
    examples: [
      { line: 'holdfast console', about: 'Sign in as the root user' },
      { line: 'holdfast console --user alice', about: 'Sign in as a user' },
    ],
    json: {
      shape: {
        console: 'string',
        link: 'string',
        account: 'string',
        user: 'string or null',
        expiresAt: 'string',
      },
    },
    run: async (input) => (await import('../console.ts')).printConsoleLink(input),
  },
  {
    name: 'console-sessions end',
    about: 'End the console sessions and the unused sign-in links of a user, a role or the root user',
    details: ['Passwords and access keys stay valid.'],
    options: {
      user: { about: 'The user whose sessions end; the default is the root user', takes: NAME },
      role: {
        about: 'The role whose sessions end: of people who signed in with an identity provider',
        takes: NAME,
      },
    },
    settings: ['data', 'account'],
    examples: [
      { line: 'holdfast console-sessions end', about: 'End the sessions of the root user' },
      { line: 'holdfast console-sessions end --user alice', about: 'End the sessions of a user' },
      { line: 'holdfast console-sessions end --role admins', about: 'End the sessions of a role' },
    ],
    json: {
      shape: {
        account: 'string',
        user: 'string or null',
        role: 'string or null',
        sessions: 'number',
        links: 'number',
      },
    },
    run: async (input) => (await import('../console-sessions.ts')).endConsoleSessions(input),
  },
  {
    name: 'migrate',
    about: 'Move the records between the data folder and a PostgreSQL database',
    details: [
      'Stop the server first. The command verifies every record by its bytes. A run that was interrupted is completed by the next one; until one succeeds, the records stay where they are. Afterwards, the store that they moved from refuses servers.',
      'HOLDFAST_STORE_PASSWORD_FILE names the file with the password for the database.',
    ],
    options: {
      from: { about: 'The store that has the records', takes: STORE, required: true },
      to: { about: 'The store that gets them', takes: STORE, required: true },
    },
    settings: ['data', 'store-password-file'],
    confusable: { store: '--from and --to with a store each' },
    examples: [
      {
        line: 'holdfast migrate --from embedded --to postgres://holdfast@db.example/holdfast',
        about: 'Move the records into a database',
      },
    ],
    json: {
      shape: { from: 'string', to: 'string', records: 'number', written: 'number', removed: 'number' },
    },
    slow: true,
    run: async (input) => (await import('../migrate.ts')).migrate(input),
  },
  {
    name: 'worker',
    about: 'Serve as one of several processes',
    settings: 'all',
    examples: [{ line: 'holdfast serve --workers 2', about: 'Start two workers' }],
    hidden: true,
    run: async (input) => (await import('../worker.ts')).work(input),
  },
  {
    name: 'env',
    about: 'Print export lines that point AWS clients at the server',
    settings: ['data', 'listen', 'account', 'region'],
    examples: [
      { line: 'eval "$(holdfast env)"', about: 'Point the AWS clients of this shell at Holdfast' },
      {
        line: 'eval "$(holdfast env --account 111122223333)"',
        about: 'Use the root credentials of another account',
      },
    ],
    json: {
      shape: {
        AWS_ENDPOINT_URL_KMS: 'string',
        AWS_ENDPOINT_URL_IAM: 'string',
        AWS_ENDPOINT_URL_STS: 'string',
        AWS_ENDPOINT_URL_CLOUDTRAIL: 'string',
        AWS_REGION: 'string',
        AWS_DEFAULT_REGION: 'string',
        'AWS_SHARED_CREDENTIALS_FILE?': 'string',
        'AWS_PROFILE?': 'string',
      },
    },
    run: async (input) => (await import('../environment.ts')).printEnvironment(input),
  },
  {
    name: 'tls issue',
    about: 'Make a certificate for the server, by an authority that is limited to its names',
    details: [
      'The first call makes the authority in the folder. Its own certificate limits it to the names of that call and those of --permit, with everything below them, so clients that trust it trust it for nothing else.',
      'A later call replaces the certificate of the same --file. Clients need authority.crt, the server the certificate and its private key.',
    ],
    options: {
      folder: { about: 'The folder of the authority and its certificates', takes: FOLDER, required: true },
      name: { about: 'A host name or an IP address of the server', takes: HOST, repeats: true },
      'aws-region': {
        about: 'Add the names of AWS services in this region, for clients without an endpoint setting',
        takes: REGION,
        repeats: true,
      },
      permit: {
        about: 'A further name that a new authority may issue certificates for',
        takes: HOST,
        repeats: true,
      },
      file: { about: 'The name of the files of the certificate', takes: FILE_NAME, byDefault: 'server' },
      days: {
        about: 'How long the certificate is valid',
        takes: wholeNumber('DAYS', 1, 825),
        byDefault: '365',
      },
    },
    settings: [],
    examples: [
      {
        line: 'holdfast tls issue --folder tls --name kms.example.internal --name 10.0.0.7',
        about: 'Make an authority, and a certificate for one server',
      },
      {
        line: 'holdfast tls issue --folder tls-aws --aws-region eu-home-1 --file aws',
        about: 'Make a certificate for clients that only know the host names of AWS',
      },
    ],
    json: {
      shape: {
        authority: 'string',
        isNew: 'boolean',
        permitted: ['string'],
        names: ['string'],
        cert: 'string',
        key: 'string',
        expires: 'string',
      },
    },
    run: async (input) => (await import('../tls-issue.ts')).issueTls(input),
  },
  {
    name: 'status',
    about: 'Show whether the server is ready, and what its data folder holds',
    details: ['The exit status is 0 when the server is ready, and 1 when it is not.'],
    settings: ['data'],
    examples: [{ line: 'holdfast status', about: 'Check the server of ./data' }],
    json: {
      shape: {
        release: 'string',
        endpoint: 'string or null',
        ready: 'boolean',
        status: 'string',
        data: 'string',
        accounts: ['string'],
        nodes: [{ node: 'string', events: 'number' }],
        backup: 'object or null',
        rehearsal: 'object or null',
        sealed: 'string or null',
        unlockPaths: [{ name: 'string', type: 'string', provedAt: 'string or null' }],
        warnings: ['string'],
      },
    },
    run: async (input) => (await import('../status.ts')).showStatus(input),
  },
  {
    name: 'nodes',
    about: 'List the processes of a fleet',
    details: [
      'The list has every server and command that writes to the audit log now, on any machine. A process is silent when it has not shown for 2.5 seconds that it is alive; after 30 seconds, another one completes its log.',
    ],
    settings: ['data'],
    examples: [
      { line: 'holdfast nodes', about: 'List the processes that use the database of HOLDFAST_STORE' },
    ],
    json: {
      shape: {
        nodes: [
          {
            node: 'string',
            host: 'string',
            pid: 'number',
            release: 'string',
            listen: 'string',
            alive: 'boolean',
            jobs: 'boolean',
            events: 'number',
          },
        ],
      },
    },
    run: async (input) => (await import('../nodes.ts')).listNodes(input),
  },
]
