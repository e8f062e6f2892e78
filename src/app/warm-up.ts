import { parseJsonText } from '../base/json-text.ts'
import { silentLog } from '../base/log.ts'
import { systemAfterThisTurn, systemClock, systemRandom, systemTimers } from '../base/ports.ts'
import { Secret } from '../base/secret.ts'
import { neverGiveWay } from '../base/slices.ts'
import { Custody } from '../custody/custody.ts'
import { DeploymentKeys } from '../custody/deployment-keys.ts'
import { grantTokens } from '../custody/grant-token.ts'
import { recordSealer } from '../custody/record-sealer.ts'
import { firstRootKeys } from '../custody/root-keys.ts'
import { signInSealer, tokenSealer } from '../custody/token-sealer.ts'
import { createDispatcher, type Dispatcher } from '../dispatch/dispatcher.ts'
import { Freshness } from '../dispatch/freshness.ts'
import type { Journal } from '../dispatch/journal.ts'
import type { Operation } from '../dispatch/operation.ts'
import { RecordQueues } from '../dispatch/record-queues.ts'
import { createRouting } from '../dispatch/routing.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import { KeyUses } from '../iam/credentials/key-uses.ts'
import { openIamService } from '../iam/iam-service.ts'
import { OpenedGrants } from '../kms/grants/opened-grants.ts'
import { KeyCounter } from '../kms/keys/key-count.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import { KMS_OPERATIONS } from '../kms/kms-operations.ts'
import { NO_TOKENS } from '../pkcs11/tokens.ts'
import { openQuotas } from '../quotas/quota-service.ts'
import { signRequest } from '../sigv4/sign.ts'
import { SigningKeys } from '../sigv4/signing-key.ts'
import { openRecords } from '../store/cache.ts'
import { openMemory } from '../store/memory.ts'
import type { Records } from '../store/records.ts'
import { openXksClient, type XksClient } from '../xks/client/client.ts'

/** The caller of the calls. Its account exists only in the store in memory. */
const ACCOUNT = '000000000000'
const ARN = `arn:aws:iam::${ACCOUNT}:root`
const CREDENTIALS = { accessKeyId: 'WARMUPWARMUPWARM', secretAccessKey: 'of no deployment' }
const REGION = 'us-east-1'
const XKS_TIMEOUT_MS = 250
const PLAINTEXT = 'd2FybSB1cA=='
const CONTEXT = { tenant: 'warm', object: 'up' }

/** What the calls have answered so far, for those after them. */
type Answers = { readonly [name: string]: unknown }
type Call = {
  readonly operation: string
  readonly input: (answers: Answers) => object
  /** Members of the answer that later calls name. */
  readonly keep?: (answer: Answers) => Answers
}

/**
 * Makes the most frequent calls once, so that V8 has compiled their code before the first caller waits for it. They run on a
 * store in memory, with keys of their own, and are recorded nowhere: nothing of the deployment is read or changed.
 *
 * @throws Error when a call is refused.
 */
export async function warmUp(): Promise<void> {
  using root = new Secret(systemRandom.bytes(32))
  const keys = new DeploymentKeys(firstRootKeys(root), systemClock)
  const records = await openRecords(openMemory(), recordSealer(keys, systemRandom))
  using custody = new Custody({
    wrappingKey: keys.wrappingKey,
    wrappedKeys: wrappedKeys(records),
    random: systemRandom,
  })
  const ports = { clock: systemClock, timers: systemTimers }
  using xks = openXksClient({ ca: undefined, routes: new Map(), timeoutMs: XKS_TIMEOUT_MS, ...ports })
  const dispatcher = openDispatcher(records, operationsOn({ records, custody, keys, xks }))
  await makeCalls(dispatcher)
  await records.close()
}

async function makeCalls(dispatcher: Dispatcher): Promise<void> {
  let answers: Answers = {}
  for (const { operation, input, keep } of CALLS) {
    const { status, body } = await dispatcher.handle(jsonRequest(operation, input(answers)))
    if (status !== 200) throw new Error(`${operation} was answered with ${status}: ${body}`)
    if (keep !== undefined) answers = { ...answers, ...keep(parseAnswer(body)) }
    await nextTurn()
  }
  for (const form of FORMS) {
    const { status, body } = await dispatcher.handle(formRequest(form))
    if (status !== 200) throw new Error(`${form} was answered with ${status}: ${body}`)
    await nextTurn()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => systemAfterThisTurn(resolve))
}

const CALLS: readonly Call[] = [
  { operation: 'CreateKey', input: () => ({}), keep: (answer) => ({ key: keyIdIn(answer) }) },
  {
    operation: 'CreateKey',
    input: () => ({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    keep: (answer) => ({ mac: keyIdIn(answer) }),
  },
  {
    operation: 'CreateKey',
    input: () => ({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    keep: (answer) => ({ signing: keyIdIn(answer) }),
  },
  { operation: 'CreateAlias', input: ({ key }) => ({ AliasName: `alias/${key}`, TargetKeyId: key }) },
  {
    operation: 'Encrypt',
    input: ({ key }) => ({ KeyId: `alias/${key}`, Plaintext: PLAINTEXT, EncryptionContext: CONTEXT }),
    keep: ({ CiphertextBlob }) => ({ blob: CiphertextBlob }),
  },
  { operation: 'Decrypt', input: ({ blob }) => ({ CiphertextBlob: blob, EncryptionContext: CONTEXT }) },
  {
    operation: 'ReEncrypt',
    input: ({ key, blob }) => ({
      CiphertextBlob: blob,
      SourceEncryptionContext: CONTEXT,
      DestinationKeyId: key,
    }),
  },
  { operation: 'GenerateDataKey', input: ({ key }) => ({ KeyId: key, KeySpec: 'AES_256' }) },
  { operation: 'GenerateDataKeyWithoutPlaintext', input: ({ key }) => ({ KeyId: key, KeySpec: 'AES_256' }) },
  { operation: 'GenerateDataKeyPair', input: ({ key }) => ({ KeyId: key, KeyPairSpec: 'ECC_NIST_P256' }) },
  { operation: 'GenerateRandom', input: () => ({ NumberOfBytes: 32 }) },
  {
    operation: 'GenerateMac',
    input: ({ mac }) => ({ KeyId: mac, Message: PLAINTEXT, MacAlgorithm: 'HMAC_SHA_256' }),
    keep: ({ Mac }) => ({ tag: Mac }),
  },
  {
    operation: 'VerifyMac',
    input: ({ mac, tag }) => ({ KeyId: mac, Message: PLAINTEXT, Mac: tag, MacAlgorithm: 'HMAC_SHA_256' }),
  },
  {
    operation: 'Sign',
    input: ({ signing }) => ({ KeyId: signing, Message: PLAINTEXT, SigningAlgorithm: 'ECDSA_SHA_256' }),
    keep: ({ Signature }) => ({ signature: Signature }),
  },
  {
    operation: 'Verify',
    input: ({ signing, signature }) => ({
      KeyId: signing,
      Message: PLAINTEXT,
      Signature: signature,
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  },
  { operation: 'GetPublicKey', input: ({ signing }) => ({ KeyId: signing }) },
  { operation: 'DescribeKey', input: ({ key }) => ({ KeyId: key }) },
  {
    operation: 'GetKeyPolicy',
    input: ({ key }) => ({ KeyId: key }),
    keep: ({ Policy }) => ({ policy: Policy }),
  },
  { operation: 'PutKeyPolicy', input: ({ key, policy }) => ({ KeyId: key, Policy: policy }) },
  {
    operation: 'CreateGrant',
    input: ({ key }) => ({ KeyId: key, GranteePrincipal: ARN, Operations: ['Decrypt'] }),
  },
  { operation: 'ListGrants', input: ({ key }) => ({ KeyId: key }) },
  { operation: 'ListKeys', input: () => ({}) },
  { operation: 'ListAliases', input: () => ({}) },
  { operation: 'TagResource', input: ({ key }) => ({ KeyId: key, Tags: [{ TagKey: 'a', TagValue: 'b' }] }) },
  { operation: 'DisableKey', input: ({ key }) => ({ KeyId: key }) },
  { operation: 'EnableKey', input: ({ key }) => ({ KeyId: key }) },
]

const POLICY = encodeURIComponent(
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringLike: { 'aws:username': 'w*' } },
      },
    ],
  }),
)
const IAM_VERSION = '2010-05-08'

/** Calls of the Query protocol, which leave nothing behind. */
const FORMS: readonly string[] = [
  `Version=${IAM_VERSION}&Action=CreateUser&UserName=warm`,
  `Version=${IAM_VERSION}&Action=PutUserPolicy&UserName=warm&PolicyName=up&PolicyDocument=${POLICY}`,
  `Version=${IAM_VERSION}&Action=GetUser&UserName=warm`,
  `Version=${IAM_VERSION}&Action=ListUsers`,
  `Version=${IAM_VERSION}&Action=GetContextKeysForCustomPolicy&PolicyInputList.member.1=${POLICY}`,
  `Version=${IAM_VERSION}&Action=SimulateCustomPolicy&PolicyInputList.member.1=${POLICY}&ActionNames.member.1=kms:Encrypt`,
  `Version=${IAM_VERSION}&Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::${ACCOUNT}:user/warm&ActionNames.member.1=kms:Encrypt`,
  `Version=${IAM_VERSION}&Action=DeleteUserPolicy&UserName=warm&PolicyName=up`,
  `Version=${IAM_VERSION}&Action=DeleteUser&UserName=warm`,
]

function jsonRequest(operation: string, input: object): WireRequest {
  const target = ['x-amz-target', `TrentService.${operation}`]
  return signed(
    ['content-type', 'application/x-amz-json-1.1', ...target],
    Buffer.from(JSON.stringify(input)),
    'kms',
  )
}

function formRequest(form: string): WireRequest {
  return signed(['content-type', 'application/x-www-form-urlencoded'], Buffer.from(form), 'iam')
}

function signed(named: readonly string[], body: Uint8Array, service: string): WireRequest {
  const rawHeaders = ['host', 'localhost', 'user-agent', 'warm-up', ...named]
  const request = { method: 'POST', target: '/', rawHeaders, body }
  const now = systemClock.now()
  const signature = signRequest(request, { credentials: CREDENTIALS, region: REGION, service, now })
  const connection = { address: '127.0.0.1', tls: undefined }
  return { ...request, rawHeaders: [...rawHeaders, ...signature], connection }
}

/** The dispatcher's own answers are JSON objects. */
function parseAnswer(body: string): Answers {
  return body === '' ? {} : (parseJsonText(body) as Answers)
}

function keyIdIn({ KeyMetadata }: Answers): unknown {
  return (
    typeof KeyMetadata === 'object' && KeyMetadata !== null && 'KeyId' in KeyMetadata && KeyMetadata.KeyId
  )
}

type Parts = {
  readonly records: Records
  readonly custody: Custody
  readonly keys: DeploymentKeys
  readonly xks: XksClient
}

function operationsOn({ records, custody, keys, xks }: Parts): readonly Operation[] {
  const quotas = openQuotas({
    find: () => undefined,
    clock: systemClock,
    processes: 1,
    isUrgent: () => false,
    thresholdReached: () => {},
  })
  const kms = {
    records,
    quotas,
    custody,
    xks,
    tokens: NO_TOKENS,
    keyCounter: new KeyCounter(systemRandom),
    random: systemRandom,
    giveWay: neverGiveWay,
    principalExists: async () => true,
    principalId: async () => undefined,
    shownName: async (arn: string) => arn,
    arnsOfIds: async () => new Map<string, string>(),
    openedGrants: new OpenedGrants(neverGiveWay),
    sm2Regions: new Set<string>(),
    attestationRoots: [],
    lastUsage: async () => ({ last: undefined, current: true }),
    grantTokens: grantTokens(keys, systemRandom),
  }
  const iam = openIamService({
    records,
    quotas,
    random: systemRandom,
    clock: systemClock,
    sealer: tokenSealer(keys, systemRandom),
    signInSealer: signInSealer(keys, systemRandom),
    keyUses: new KeyUses(records),
    giveWay: neverGiveWay,
    fetchJson: (url) => Promise.reject(new Error(`${url} is not asked`)),
    offline: new Map(),
  })
  return [...KMS_OPERATIONS.map((operation) => operation(kms)), ...iam.operations]
}

function openDispatcher(records: Records, operations: readonly Operation[]): Dispatcher {
  const journal: Journal = {
    append: async () => {},
    commit: (changes) => records.commit(changes),
  }
  const caller = {
    account: ACCOUNT,
    arn: ARN,
    accessKeyId: CREDENTIALS.accessKeyId,
    principal: { type: 'Root', account: ACCOUNT, arn: ARN },
    identityJson: JSON.stringify({ type: 'Root', arn: ARN }),
    keys: () => undefined,
    policies: () => ({ identity: [] }),
  } as const
  const credential = { caller, secretAccessKey: CREDENTIALS.secretAccessKey }
  return createDispatcher({
    routing: createRouting(operations),
    findCredential: async () => credential,
    signingKeys: new SigningKeys(),
    freshness: new Freshness(records, systemAfterThisTurn),
    findPlace: () => ({}),
    inFlight: { enter: () => true, leave: () => {} },
    queues: new RecordQueues(),
    urgentCalls: { of: () => 'usual' },
    journal,
    refusals: { admit: () => true, journal, random: systemRandom, account: ACCOUNT },
    quotas: { admit: () => true, chargeAudit: () => {} },
    admitThrottled: () => true,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    giveWay: neverGiveWay,
  })
}
