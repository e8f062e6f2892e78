import { type CompiledPolicy, compilePolicy } from '../../src/policy/compile.ts'
import { type AccessRequest, decide, type Policies } from '../../src/policy/decide.ts'
import { defaultKeyPolicy } from '../../src/policy/key-policy.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { type Goal, median } from '../measures.ts'

/** The results of the decisions suite. */
export type DecisionsReport = {
  readonly rows: readonly DecisionsRow[]
  readonly goals: readonly Goal[]
}

/** The result for one kind of policy. */
type DecisionsRow = {
  readonly name: string
  readonly allowed: boolean
  /** CPU time per decision: the median over the rounds. */
  readonly us: number
  readonly slowestUs: number
}

const POLICIES = 20
const STATEMENTS = 30
const REQUIRED_US = 10
/** Decisions per round, enough for a clock with microsecond resolution. */
const BATCH = 50_000
const WARM_UP = 50_000

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/app`

type Statement = Readonly<Record<string, unknown>>
/** Makes the statement with this index, of 600. */
type Make = (number: number) => Statement

const LAST = POLICIES * STATEMENTS - 1
const SERVICES = ['s3', 'ec2', 'logs', 'iam', 'lambda', 'dynamodb', 'sqs', 'sns', 'kms', 'ssm'] as const

function keyArn(number: number): string {
  return `arn:aws:kms:eu-west-1:${ACCOUNT}:key/00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** Statements like those of real accounts: many services, some wildcards, some conditions. The last one allows. */
const mixed: Make = (number) => {
  if (number === LAST)
    return { Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: keyArn(LAST) }
  const service = SERVICES[number % SERVICES.length]
  return {
    Effect: number % 7 === 0 ? 'Deny' : 'Allow',
    Action: [`${service}:Get*`, `${service}:Describe${number}`, `${service}:Put*`],
    Resource: [`arn:aws:${service}:*:${ACCOUNT}:thing/${number}/*`],
    ...(number % 3 === 0 ? { Condition: { StringEquals: { 'aws:PrincipalTag/team': `t${number}` } } } : {}),
  }
}

/** Every statement matches the action, each on another key. */
const everyKey: Make = (number) => ({ Effect: 'Allow', Action: 'kms:Encrypt', Resource: keyArn(number) })

/** Every statement matches the action and names keys by a pattern. */
const everyPattern: Make = (number) => ({
  Effect: 'Allow',
  Action: 'kms:*',
  Resource: number === LAST ? 'arn:aws:kms:*:*:key/*' : `arn:aws:kms:*:${ACCOUNT}:key/${number}*`,
})

/** Every statement matches the action and the key, and has a condition on a tag. */
const everyCondition: Make = (number) => ({
  Effect: 'Allow',
  Action: 'kms:*',
  Resource: '*',
  Condition: { StringEquals: { 'aws:PrincipalTag/number': String(number) } },
})

/** The same as Deny statements, none of which applies. The last statement allows. */
const everyDeny: Make = (number) =>
  number === LAST
    ? { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    : { ...everyCondition(number), Effect: 'Deny' }

/** No statement allows. */
const nothing: Make = (number) => ({ ...mixed(number % LAST), Effect: 'Allow' })

type Kind = {
  readonly name: string
  readonly make: Make
  /** Whether the goal applies. It does not where all 600 statements are evaluated up to their last condition. */
  readonly judged: boolean
}

const KINDS: readonly Kind[] = [
  { name: 'mixed services', make: mixed, judged: true },
  { name: 'mixed services, refused', make: nothing, judged: true },
  { name: 'one key in each statement', make: everyKey, judged: true },
  { name: 'one pattern in each statement', make: everyPattern, judged: true },
  { name: 'worst: 600 conditions in Allow statements', make: everyCondition, judged: false },
  { name: 'worst: 600 conditions in Deny statements', make: everyDeny, judged: false },
]

/** Evaluates compiled policies for a role session with 20 policies of 30 statements, on one thread. */
export function measureDecisions(rounds: number, progress: (text: string) => void): DecisionsReport {
  const rows = KINDS.map((kind) => {
    const row = measureKind(kind, rounds)
    progress(`${row.name}: ${row.us.toFixed(2)} us`)
    return row
  })
  const slowest = Math.max(...rows.map(({ us }, at) => (KINDS[at]?.judged === true ? us : 0)))
  const goal: Goal = {
    name: `A decision over ${POLICIES} policies of ${STATEMENTS} statements, the slowest judged kind`,
    required: `under ${REQUIRED_US} us`,
    measured: `${slowest.toFixed(2)} us`,
    met: slowest < REQUIRED_US,
  }
  return { rows, goals: [goal] }
}

function measureKind({ name, make }: Kind, rounds: number): DecisionsRow {
  const policies: Policies = {
    resource: compilePolicy(parsePolicy(defaultKeyPolicy(ACCOUNT), { flavour: 'key' })),
    identity: Array.from({ length: POLICIES }, (_, policy) => compile(make, policy * STATEMENTS)),
  }
  const request = requestOf()
  runBatch(request, policies, WARM_UP)
  const times = Array.from({ length: rounds }, () => runBatch(request, policies, BATCH))
  const { allow } = decide(request, policies)
  return { name, allowed: allow, us: median(times), slowestUs: Math.max(...times) }
}

function compile(make: Make, first: number): CompiledPolicy {
  const statements = Array.from({ length: STATEMENTS }, (_, index) => make(first + index))
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  return compilePolicy(parsePolicy(text, { flavour: 'identity' }))
}

function requestOf(): AccessRequest {
  const context = new Map([
    ['aws:principaltag/number', String(LAST)],
    ['aws:principaltag/team', 'blue'],
  ])
  return {
    principal: {
      type: 'AssumedRole',
      account: ACCOUNT,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/session`,
      roleArn: ROLE,
    },
    action: 'kms:Encrypt',
    resource: keyArn(LAST),
    resourceAccount: ACCOUNT,
    context: (key) => context.get(key),
  }
}

/** The CPU time per decision in microseconds, independent of other processes. */
function runBatch(request: AccessRequest, policies: Policies, count: number): number {
  let allowed = 0
  const start = process.cpuUsage()
  for (let made = 0; made < count; made += 1) allowed += Number(decide(request, policies).allow)
  const { user, system } = process.cpuUsage(start)
  if (allowed !== 0 && allowed !== count) throw new Error('Equal requests had different decisions')
  return (user + system) / count
}
