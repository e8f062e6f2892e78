import type { Command } from '../command.ts'
import type { Shape } from '../shape.ts'
import { FILE, FOLDER, KEY, matching, NAME, oneOf, PRINCIPAL, type Value, wholeNumber } from '../values.ts'

const CLIENT_DETAILS =
  'The endpoint, region and credentials are those of AWS clients: AWS_ENDPOINT_URL_KMS, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE and the like. Without an endpoint, the calls go to AWS KMS.'

const DEVICE: Value = { ...FILE, name: 'DEVICE', expected: 'the path of a device or of an image' }
const SOURCE: Value = { ...FILE, name: 'SOURCE', expected: 'the path of an image' }
const TARGET_IMAGE: Value = { ...FILE, name: 'TARGET', expected: 'the path of a new image' }
const VOLUME = matching(
  'NAME',
  'a name of letters, digits, dots, dashes and underscores',
  /^[A-Za-z0-9_][\w.-]{0,63}$/,
)
const VOLUME_ID = matching(
  'VOLUME_ID',
  'the ID of a volume: vol- or snap- and 17 hexadecimal digits',
  /^(?:vol|snap)-[0-9a-f]{17}$/,
)
const SIZE = matching('SIZE', 'a whole number and M, G or T, for example 10G', /^[1-9][0-9]{0,5}[MGT]$/)
const CONFIG = matching('CONFIG', 'JSON, for example {"key": "alias/disks"}', /./s)

const RUNTIME = {
  'runtime-folder': {
    about: 'A folder in memory for open volumes; by default /run/holdfast/volumes, or below XDG_RUNTIME_DIR',
    takes: FOLDER,
  },
} as const
const EXPECTED_ID = { 'volume-id': { about: 'Refuse another volume', takes: VOLUME_ID } } as const
const ON_DEVICE = [{ about: 'The device or image of the volume', takes: DEVICE }] as const
const ON_NAME = [{ about: 'The name of the open volume', takes: VOLUME }] as const

const TOKEN_SHAPE: Shape = {
  device: 'string',
  volumeId: 'string',
  keyArn: 'string',
  scheme: 'string',
  generation: 'number',
  createdAt: 'string',
}

/** The commands of encrypted volumes. */
export const VOLUME_COMMANDS: readonly Command[] = [
  {
    name: 'volume format',
    about: 'Make an encrypted volume (LUKS2) whose key a KMS key wraps',
    details: [
      'KMS makes the data key, and lets the caller decrypt it, before the first byte is written. The header holds the ciphertext of the data key; no passphrase opens the volume.',
      CLIENT_DETAILS,
    ],
    operands: ON_DEVICE,
    options: {
      key: { about: 'The KMS key: symmetric', takes: KEY, required: true },
      size: { about: 'The size of a new image; without it, DEVICE exists', takes: SIZE },
      scheme: {
        about: 'What KMS wraps: the key of a keyslot, or as EBS the volume key itself',
        takes: oneOf('SCHEME', ['slot', 'ebs']),
        byDefault: 'slot',
      },
      'sector-size': {
        about: 'Bytes of a sector; 4096 needs dm-crypt to open',
        takes: oneOf('BYTES', ['512', '4096']),
        byDefault: '512',
      },
      overwrite: { about: 'Destroy what is on the device' },
      ...RUNTIME,
    },
    settings: [],
    examples: [
      { line: 'holdfast volume format /dev/sdb --key alias/disks', about: 'Encrypt a disk' },
      {
        line: 'holdfast volume format db.img --size 10G --key alias/disks',
        about: 'Make an encrypted image',
      },
    ],
    json: { shape: TOKEN_SHAPE },
    run: async (input) => (await import('../volume.ts')).formatDevice(input),
  },
  {
    name: 'volume open',
    about: 'Open an encrypted volume: KMS decrypts its key for the caller',
    details: [
      'The key is tried on the header before anything is opened. Without KMS nothing opens, and nobody is asked for a passphrase, unless --recovery asks for the recovery key.',
      'With --grantee, the caller, or the profile of --grant-profile, creates a grant for the decryption of this volume alone; holdfast volume close retires it.',
      CLIENT_DETAILS,
    ],
    operands: [...ON_DEVICE, { about: 'The name of the open volume', takes: VOLUME }],
    options: {
      ...EXPECTED_ID,
      backend: {
        about: 'What makes the plaintext available; by default the first that this machine has',
        takes: oneOf('BACKEND', ['dm-crypt', 'fuse', 'nbdkit']),
      },
      'read-only': { about: 'Allow no writes' },
      grantee: {
        about: 'The principal that gets a grant to decrypt the key of this volume',
        takes: PRINCIPAL,
      },
      'grant-profile': { about: 'The profile of the shared files that creates the grant', takes: NAME },
      recovery: { about: 'Read the recovery key from standard input, and do not call KMS' },
      ...RUNTIME,
    },
    settings: [],
    examples: [
      { line: 'holdfast volume open /dev/sdb data', about: 'Open a disk as /dev/mapper/data' },
      {
        line: 'holdfast volume open db.img db --backend fuse --read-only',
        about: 'Show the plaintext of an image as a file',
      },
    ],
    json: {
      shape: {
        ...{
          name: 'string',
          device: 'string',
          volumeId: 'string',
          keyArn: 'string',
          backend: 'string or null',
        },
        ...{ path: 'string', openedAt: 'string', grantId: 'string or null' },
      },
    },
    run: async (input) => (await import('../volume.ts')).openDevice(input),
  },
  {
    name: 'volume close',
    about: 'Close an open volume, and retire its grant',
    details: [
      'A volume without a grant is closed without a call of KMS. When KMS does not retire a grant, the volume is closed, and the command can be repeated.',
      'It also removes what an open left that was interrupted.',
    ],
    operands: ON_NAME,
    options: {
      force: { about: 'Close it although programs use it: their reads and writes fail' },
      ...RUNTIME,
    },
    settings: [],
    examples: [{ line: 'holdfast volume close data', about: 'Close a volume after unmounting it' }],
    json: { shape: { name: 'string', volumeId: 'string or null', device: 'string or null' } },
    run: async (input) => (await import('../volume.ts')).closeName(input),
  },
  {
    name: 'volume status',
    about: 'Show what the header of a volume says, and whether it is open here',
    operands: ON_DEVICE,
    options: RUNTIME,
    settings: [],
    examples: [{ line: 'holdfast volume status /dev/sdb', about: 'Show the key of a disk' }],
    json: {
      shape: {
        ...{ device: 'string', volumeId: 'string', keyArn: 'string', scheme: 'string', generation: 'number' },
        ...{ createdAt: 'string', otherKeyslots: ['string'], unfinished: 'boolean' },
        ...{ name: 'string or null', openedAt: 'string or null' },
      },
    },
    run: async (input) => (await import('../volume.ts')).showStatus(input),
  },
  {
    name: 'volume list',
    about: 'List the volumes that are open here',
    options: RUNTIME,
    settings: [],
    examples: [{ line: 'holdfast volume list', about: 'List them' }],
    json: {
      shape: {
        volumes: [
          {
            ...{ name: 'string', device: 'string', volumeId: 'string', keyArn: 'string' },
            ...{ backend: 'string or null', path: 'string', openedAt: 'string', served: 'boolean' },
          },
        ],
      },
    },
    run: async (input) => (await import('../volume.ts')).listOpen(input),
  },
  {
    name: 'volume verify',
    about: 'Check that the caller can open a volume, and open nothing',
    details: [CLIENT_DETAILS],
    operands: ON_DEVICE,
    options: { ...EXPECTED_ID, ...RUNTIME },
    settings: [],
    examples: [{ line: 'holdfast volume verify /dev/sdb', about: 'Check a disk before a restart' }],
    json: { shape: TOKEN_SHAPE },
    run: async (input) => (await import('../volume.ts')).verifyDevice(input),
  },
  {
    name: 'volume rekey',
    about: 'Give a volume a new data key under the same KMS key; its data are not written again',
    details: [
      'A volume can be open meanwhile. An interrupted change leaves a volume that opens: repeat it.',
      CLIENT_DETAILS,
    ],
    operands: ON_DEVICE,
    options: RUNTIME,
    settings: [],
    examples: [{ line: 'holdfast volume rekey /dev/sdb', about: 'Replace the data key of a disk' }],
    json: { shape: TOKEN_SHAPE },
    run: async (input) => (await import('../volume.ts')).rekeyDevice(input),
  },
  {
    name: 'volume migrate',
    about: 'Wrap the data key of a volume under another KMS key, by ReEncrypt',
    details: [
      'Neither a keyslot nor data change. Who opens the volume needs permission for the new key.',
      CLIENT_DETAILS,
    ],
    operands: ON_DEVICE,
    options: { 'to-key': { about: 'The new KMS key', takes: KEY, required: true }, ...RUNTIME },
    settings: [],
    examples: [
      {
        line: 'holdfast volume migrate /dev/sdb --to-key alias/disks-2027',
        about: 'Change the key of a disk',
      },
    ],
    json: { shape: TOKEN_SHAPE },
    run: async (input) => (await import('../volume.ts')).migrateDevice(input),
  },
  {
    name: 'volume snapshot copy',
    about: 'Copy the image of a closed volume; the copy has an ID and a ciphertext of its own',
    details: ['KMS wraps the data key for the copy by ReEncrypt. No data are decrypted.', CLIENT_DETAILS],
    operands: [
      { about: 'The image of the volume', takes: SOURCE },
      { about: 'The image of the copy', takes: TARGET_IMAGE },
    ],
    options: { 'to-key': { about: 'The KMS key of the copy; by default the same', takes: KEY }, ...RUNTIME },
    settings: [],
    examples: [
      {
        line: 'holdfast volume snapshot copy db.img db-monday.img --to-key alias/archive',
        about: 'Copy under another key',
      },
    ],
    json: { shape: TOKEN_SHAPE },
    run: async (input) => (await import('../volume.ts')).copyDevice(input),
  },
  {
    name: 'volume recovery add',
    about: 'Add a recovery key to a volume, and print it once',
    details: [
      'It opens the volume without KMS, with holdfast volume open --recovery or cryptsetup open.',
      CLIENT_DETAILS,
    ],
    operands: ON_DEVICE,
    options: RUNTIME,
    settings: [],
    examples: [{ line: 'holdfast volume recovery add /dev/sdb', about: 'Add a recovery key' }],
    json: { shape: { volumeId: 'string', keyslot: 'string', recoveryKey: 'string' } },
    run: async (input) => (await import('../volume.ts')).addRecovery(input),
  },
  {
    name: 'volume unlock',
    about: 'Give the key of a volume to another program, such as cryptsetup or systemd',
    details: [
      'Without a socket, standard output gets the bytes of the key. With it, whoever connects gets them, as crypttab(5) reads them; each connection is a call of KMS.',
      CLIENT_DETAILS,
    ],
    operands: ON_DEVICE,
    options: {
      socket: { about: 'The path of a Unix socket for the owner of this process', takes: FILE },
      'socket-activation': { about: 'Serve on the socket that systemd passes' },
      ...EXPECTED_ID,
      ...RUNTIME,
    },
    settings: [],
    examples: [
      {
        line: 'cryptsetup open --key-file=<(holdfast volume unlock /dev/sdb) /dev/sdb data',
        about: 'Open a disk with cryptsetup itself',
      },
    ],
    run: async (input) => (await import('../volume-unlock.ts')).unlockDevice(input),
  },
  {
    name: 'volume watch',
    about: 'Close an open volume when KMS no longer lets the caller decrypt its key',
    details: [
      'An open volume does not need KMS: it survives the disabling of its key. This command asks KMS by DryRun, and closes the volume by force at a refusal.',
      CLIENT_DETAILS,
    ],
    operands: ON_NAME,
    options: {
      interval: {
        about: 'Seconds between two checks',
        takes: wholeNumber('SECONDS', 1, 3600),
        byDefault: '5',
      },
      'outage-minutes': {
        about: 'Close the volume when KMS gives no answer for so long; by default it stays open',
        takes: wholeNumber('MINUTES', 0, 10_080),
      },
      ...RUNTIME,
    },
    settings: [],
    examples: [{ line: 'holdfast volume watch data', about: 'Make a disabled key close a volume' }],
    json: {
      shape: { event: 'string', name: 'string', volumeId: 'string', 'reason?': 'string' },
      lines: true,
    },
    run: async (input) => (await import('../volume.ts')).watchName(input),
  },
  {
    name: 'volume clevis encrypt',
    about: 'Encrypt standard input as the pin kms of clevis: clevis-encrypt-kms calls it',
    details: [CLIENT_DETAILS],
    operands: [{ about: 'The configuration: key, and perhaps context', takes: CONFIG }],
    settings: [],
    examples: [
      {
        line: `holdfast volume clevis encrypt '{"key":"alias/disks"}' < secret > secret.jwe`,
        about: 'Encrypt without clevis',
      },
    ],
    run: async (input) => (await import('../volume-unlock.ts')).encryptForClevis(input),
  },
  {
    name: 'volume clevis decrypt',
    about: 'Decrypt a JWE of the pin kms of clevis: clevis-decrypt-kms calls it',
    details: [CLIENT_DETAILS],
    settings: [],
    examples: [{ line: 'holdfast volume clevis decrypt < secret.jwe', about: 'Decrypt without clevis' }],
    run: async (input) => (await import('../volume-unlock.ts')).decryptForClevis(input),
  },
]
