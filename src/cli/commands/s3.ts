import type { Command } from '../command.ts'

/** The commands of the S3 gateway. */
export const S3_COMMANDS: readonly Command[] = [
  {
    name: 's3 serve',
    about: 'Serve encrypted buckets over the S3 API until SIGTERM, SIGINT or SIGQUIT',
    details: [
      'Objects are encrypted under KMS keys of the data folder, with the permissions of the caller. One process serves the folder of the objects.',
    ],
    settings: [
      ...['data', 's3-listen', 's3-folder', 's3-domain', 'tls-cert', 'tls-key', 'seal', 'account', 'region'],
      ...[
        'connections',
        'requests',
        'calls',
        'xks-ca',
        'xks-routes',
        'xks-timeout',
        'pkcs11',
        'pkcs11-timeout',
        'witness',
      ],
    ],
    examples: [
      { line: 'holdfast s3 serve', about: 'Serve on 127.0.0.1:7690 from the folder ./data/s3' },
      {
        line: 'holdfast s3 serve --s3-listen 0.0.0.0:7690 --s3-folder /srv/objects --tls-cert chain.pem --tls-key key.pem',
        about: 'Serve a network over TLS, with the objects on another disk',
      },
    ],
    json: {
      shape: { event: 'string', 'endpoint?': 'string', 'data?': 'string', 'folder?': 'string' },
      lines: true,
    },
    run: async (input) => (await import('../s3-serve.ts')).serveS3(input),
  },
]
