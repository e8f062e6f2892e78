import { join } from 'node:path'
import { homeOf } from './home.ts'
import { type Given, need, parseWithin, pathSetting, read, setting } from './setting.ts'

/** The configuration of the unlock paths of the root key. */
export type SealConfig = {
  /** The unlock path that a start gives an empty data folder. */
  readonly first: FirstPath
  /** The folder of the credentials that a service manager or a container runtime provides. */
  readonly credentialsFolder: string | undefined
  /** The program of paths of type `command`. */
  readonly command: string | undefined
  /** The file with the credentials for key management services. */
  readonly kmsCredentialsFile: string | undefined
  readonly aws: AwsEnvironment
  /** The age at which the server rotates the root key; nothing when only a command does. */
  readonly rootKeyAgeMs: number | undefined
}

const DAY_MS = 86_400_000
/** A century. */
const DAYS_MAX = 36_500

/** The unlock path of a new root key. */
type FirstPath = 'file' | 'none'

/** What the environment has for clients of AWS. */
type AwsEnvironment = {
  readonly accessKeyId: string | undefined
  readonly secretAccessKey: string | undefined
  readonly sessionToken: string | undefined
  readonly profile: string | undefined
  readonly credentialsFile: string
}

/** The settings of unlock paths. */
export const SEAL_SETTINGS = {
  seal: setting({
    variable: 'HOLDFAST_SEAL',
    flag: 'seal',
    byDefault: 'file',
    about:
      'the unlock path that serve gives the root key of an empty data folder; file: a key in root.key beside the data; none: serve creates no root key, and holdfast seal add does',
    expected: 'file or none',
    parse: (text): FirstPath | undefined => (text === 'file' || text === 'none' ? text : undefined),
  }),
  sealCredentials: pathSetting({
    variable: 'HOLDFAST_SEAL_CREDENTIALS',
    flag: 'seal-credentials',
    about:
      'the folder of the secrets for unlock paths of type credential, outside the data folder; without it, the credentials that systemd provides',
  }),
  sealCommand: pathSetting({
    variable: 'HOLDFAST_SEAL_COMMAND',
    flag: 'seal-command',
    about: 'the program for unlock paths of type command',
  }),
  sealKmsCredentials: pathSetting({
    variable: 'HOLDFAST_SEAL_KMS_CREDENTIALS',
    flag: 'seal-kms-credentials',
    about:
      "the credentials for unlock paths of type kms: a file in AWS's shared-credentials format; without it, the environment variables and files of AWS's clients",
  }),
  rotateRootDays: setting({
    variable: 'HOLDFAST_ROTATE_ROOT_DAYS',
    flag: 'rotate-root-days',
    byDefault: undefined,
    about:
      'days after which the server rotates the root key, if each unlock path opens by itself; without it, only holdfast rotate root does',
    expected: `a whole number from 1 to ${DAYS_MAX}`,
    parse: (text) => parseWithin(text, 1, DAYS_MAX),
  }),
}

/** @throws ConfigError. */
export function parseSeal(given: Given): SealConfig {
  const { environment } = given
  const rotateRootDays = read(SEAL_SETTINGS.rotateRootDays, given)
  return {
    first: need(SEAL_SETTINGS.seal, given),
    // Source: systemd.exec(5), "Environment Variables Set or Propagated by the Service Manager".
    credentialsFolder: read(SEAL_SETTINGS.sealCredentials, given) ?? environment['CREDENTIALS_DIRECTORY'],
    command: read(SEAL_SETTINGS.sealCommand, given),
    rootKeyAgeMs: rotateRootDays === undefined ? undefined : rotateRootDays * DAY_MS,
    kmsCredentialsFile: read(SEAL_SETTINGS.sealKmsCredentials, given),
    // Source: AWS SDKs and Tools Reference Guide, "Environment variables".
    aws: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'],
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'],
      sessionToken: environment['AWS_SESSION_TOKEN'],
      profile: environment['AWS_PROFILE'],
      credentialsFile:
        environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homeOf(environment), '.aws', 'credentials'),
    },
  }
}
