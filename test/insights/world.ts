/** Who calls in a synthetic month, and how: drawn from a seed. */

import type { SeededRandom } from './random.ts'

/** The account and region of the month. */
export const ACCOUNT = '111122223333'
/** The region of the month. */
export const REGION = 'eu-west-1'
/** Minutes of a day. */
export const DAY = 1440

/** A program or person that calls. */
export type Caller = {
  readonly principal: string
  readonly kind: 'service' | 'person' | 'job' | 'pipeline'
  readonly agents: readonly string[]
  readonly networks: readonly string[]
  /** Whether a new network appears every few days. */
  readonly roams: boolean
  readonly keys: readonly string[]
  readonly operations: readonly string[]
  /** Calls per minute at the busiest time of the first day. */
  readonly rate: number
  /** How much quieter the night is, and the weekend: 0 not at all, 1 silent. */
  readonly night: number
  readonly weekend: number
  /** Growth in a day. */
  readonly growth: number
  /** How much a minute's rate scatters: the standard deviation of its logarithm. */
  readonly scatter: number
  readonly errors: number
  readonly contexts: number
  /** Of jobs: the minute of the day, how long, and on which days of the week. */
  readonly job?: { readonly minute: number; readonly minutes: number; readonly weekday: number | undefined }
  /** From this minute on. */
  readonly begins: number
}

/** Everybody, and every key. */
export type World = { readonly callers: readonly Caller[]; readonly keys: readonly string[] }

const SERVICES = 24
const PEOPLE = 8
const JOBS = 5
const KEYS = 36
const SERVICE_OPERATIONS = [
  ['Decrypt', 'Decrypt', 'Decrypt', 'GenerateDataKey'],
  ['Decrypt', 'Encrypt'],
  ['GenerateDataKey', 'Decrypt', 'Decrypt', 'Decrypt'],
  ['Sign', 'Verify', 'GetPublicKey'],
  ['GenerateMac', 'VerifyMac'],
] as const
const PERSON_OPERATIONS = ['DescribeKey', 'ListKeys', 'ListAliases', 'Decrypt', 'GetKeyPolicy'] as const
const PIPELINE_OPERATIONS = [
  'DescribeKey',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'ListResourceTags',
] as const

/** The ARN of a key. */
export function keyArn(name: string): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`
}

/** The ARN of a role. */
export function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${name}`
}

/** A network that nobody has but who drew it. */
export function foreignNetwork(random: SeededRandom): string {
  return `${random.whole(60, 190)}.${random.whole(0, 255)}.${random.whole(0, 255)}.0/24`
}

/** Everybody who calls from the first minute on. */
export function drawWorld(random: SeededRandom): World {
  const keys = Array.from({ length: KEYS }, (_, index) => keyArn(`key-${index}`))
  const subnets = Array.from({ length: 6 }, (_, index) => `10.0.${index}.0/24`)
  const services = Array.from({ length: SERVICES }, (_, index) =>
    drawService(random, roleArn(`service-${index}`), draw(random, keys, random.whole(1, 3)), subnets),
  )
  const people = Array.from({ length: PEOPLE }, (_, index) => drawPerson(random, index, keys))
  const jobs = Array.from({ length: JOBS }, (_, index) => drawJob(random, index, keys, subnets))
  const pipeline: Caller = {
    ...drawService(random, roleArn('pipeline'), keys, subnets),
    kind: 'pipeline',
    operations: PIPELINE_OPERATIONS,
    agents: ['terraform'],
    rate: 0,
  }
  return { callers: [...services, ...people, ...jobs, pipeline], keys }
}

/** A service with some keys. */
export function drawService(
  random: SeededRandom,
  principal: string,
  keys: readonly string[],
  subnets: readonly string[],
): Caller {
  return {
    principal,
    kind: 'service',
    agents: draw(random, ['aws-sdk-java', 'aws-sdk-js', 'aws-sdk-go', 'aws-encryption-sdk'], 2),
    networks: draw(random, subnets, random.whole(1, 3)),
    roams: false,
    keys,
    operations: random.pick(SERVICE_OPERATIONS),
    rate: Math.exp(random.between(Math.log(0.2), Math.log(8))),
    night: random.between(0.2, 0.9),
    weekend: random.between(0, 0.7),
    growth: random.between(0, 0.012),
    scatter: random.between(0.1, 0.45),
    errors: Math.exp(random.between(Math.log(0.001), Math.log(0.02))),
    contexts: random.whole(1, 40),
    begins: 0,
  }
}

function drawPerson(random: SeededRandom, index: number, keys: readonly string[]): Caller {
  return {
    ...drawService(random, `arn:aws:iam::${ACCOUNT}:user/person-${index}`, draw(random, keys, 3), [
      '192.0.2.0/24',
    ]),
    kind: 'person',
    agents: ['aws-cli'],
    networks: ['192.0.2.0/24', foreignNetwork(random)],
    roams: index % 3 === 0,
    operations: PERSON_OPERATIONS,
    rate: random.between(0.02, 0.2),
    night: 1,
    weekend: 0.95,
    errors: 0.04,
  }
}

function drawJob(
  random: SeededRandom,
  index: number,
  keys: readonly string[],
  subnets: readonly string[],
): Caller {
  return {
    ...drawService(random, roleArn(`job-${index}`), draw(random, keys, random.whole(1, 4)), subnets),
    kind: 'job',
    rate: random.between(15, 120),
    scatter: 0.15,
    operations: index % 2 === 0 ? ['Decrypt'] : ['GenerateDataKey', 'Encrypt'],
    contexts: random.whole(10, 200),
    job: {
      minute: random.whole(0, DAY - 60),
      minutes: random.whole(8, 45),
      weekday: index === 0 ? random.whole(0, 6) : undefined,
    },
  }
}

function draw<T>(random: SeededRandom, from: readonly T[], count: number): readonly T[] {
  return Array.from({ length: count }, () => random.pick(from)).filter(
    (value, index, all) => all.indexOf(value) === index,
  )
}
