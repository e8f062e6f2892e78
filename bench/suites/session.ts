import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { prepareFixtures } from '../fixtures.ts'
import type { Loader } from '../loader.ts'
import { type Goal, median, rate } from '../measures.ts'
import type { Options } from '../options.ts'
import type { Addressing } from '../requests.ts'
import type { Server } from '../server.ts'
import type { SigningCredentials } from '../sign.ts'

/** The results of the session suite: calls per second of the root user, and of a role session. */
export type SessionReport = {
  readonly root: number
  readonly session: number
  /** The median over the rounds. */
  readonly share: number
  readonly goals: readonly Goal[]
}

/** The dependencies of the suite. */
export type SessionDependencies = {
  readonly options: Options
  readonly loader: Loader
  readonly server: Server
  readonly progress: (text: string) => void
}

const CONNECTIONS = 64
const WARMUP_MS = 500
const CALLS_PER_SECOND_MAX = 25_000
const SHARE_REQUIRED = 0.9
const POLICIES = 10
const STATEMENTS = 10
const ACCOUNT = '000000000000'

/** Measures Encrypt by the root user and by a role session with ten policies, in turn. */
export async function measureSession(dependencies: SessionDependencies): Promise<SessionReport> {
  const { options, server, progress } = dependencies
  const root: Addressing = { endpoint: server.endpoint, credentials: server.credentials }
  const fixtures = await prepareFixtures(root, undefined)
  const session = { ...root, credentials: await openSession(server, fixtures.keyId) }
  const rates: { readonly root: number[]; readonly session: number[] } = { root: [], session: [] }
  for (let round = 0; round < options.rounds; round += 1) {
    // Each caller goes first in half of the rounds.
    for (const who of round % 2 === 0 ? (['root', 'session'] as const) : (['session', 'root'] as const)) {
      const to = who === 'root' ? root : session
      await dependencies.loader.sign(
        fixtures.workload('Encrypt'),
        to,
        CALLS_PER_SECOND_MAX * (options.seconds + 1),
      )
      const window = { endpoint: to.endpoint, connections: CONNECTIONS, warmupMs: WARMUP_MS }
      const result = await dependencies.loader.run({
        ...window,
        pids: server.pids(),
        measureMs: options.seconds * 1000,
      })
      if (result.errorCount > 0) throw new Error(`Encrypt failed: ${result.errors.join(', ')}`)
      rates[who].push(rate(result))
      progress(`Encrypt x${CONNECTIONS} as ${who}: ${rate(result).toFixed(0)}/s`)
    }
  }
  const share = median(rates.session.map((value, round) => value / (rates.root[round] ?? value)))
  return { root: median(rates.root), session: median(rates.session), share, goals: [goalOf(share)] }
}

function goalOf(share: number): Goal {
  return {
    name: `Encrypt rate of a role session with ${POLICIES} policies, share of the root user's`,
    required: `at least ${SHARE_REQUIRED * 100}%`,
    measured: `${(share * 100).toFixed(1)}%`,
    met: share >= SHARE_REQUIRED,
  }
}

/** Opens a role session whose permission for the key is in its last policy. */
async function openSession(server: Server, keyId: string): Promise<SigningCredentials> {
  const { host, port } = server.endpoint
  const { region } = server.credentials
  const at = { endpoint: `http://${host}:${port}`, region, maxAttempts: 1 }
  const iam = new IAMClient({ ...at, credentials: server.credentials })
  const trust = statement({ Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })
  await iam.send(new CreateRoleCommand({ RoleName: 'bench', AssumeRolePolicyDocument: policy([trust]) }))
  for (let index = 0; index < POLICIES; index += 1) {
    const PolicyDocument = policy(statementsOf(index, `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`))
    const { Policy } = await iam.send(
      new CreatePolicyCommand({ PolicyName: `bench-${index}`, PolicyDocument }),
    )
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'bench', PolicyArn: Policy?.Arn }))
  }
  await iam.send(new CreateUserCommand({ UserName: 'bench' }))
  const assume = policy([statement({ Action: 'sts:AssumeRole', Resource: '*' })])
  await iam.send(
    new PutUserPolicyCommand({ UserName: 'bench', PolicyName: 'assume', PolicyDocument: assume }),
  )
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'bench' }))
  const sts = new STSClient({
    ...at,
    credentials: {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    },
  })
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/bench`
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'bench' }))
  iam.destroy()
  sts.destroy()
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    region,
  }
}

function statementsOf(index: number, key: string): readonly object[] {
  const others = Array.from({ length: STATEMENTS - 1 }, (_, other) =>
    statement({
      Action: ['kms:Decrypt', 'kms:ReEncrypt*'],
      Resource: `${key.slice(0, -8)}${index}${other}*`,
    }),
  )
  const last = index === POLICIES - 1 ? [statement({ Action: 'kms:Encrypt', Resource: key })] : []
  return [...others, ...last]
}

function statement(dependencies: object): object {
  return { Effect: 'Allow', ...dependencies }
}

function policy(Statement: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement })
}
