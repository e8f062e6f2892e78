/** For tests: calls that each kind of policy refuses, and the API calls that change each kind. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  type IAMClient,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateGrantCommand,
  CreateKeyCommand,
  EncryptCommand,
  type EncryptCommandInput,
  GetKeyPolicyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { runHoldfast } from './command.ts'
import { allow, kmsAs, newUser, policyText, type TestCredentials } from './iam.ts'
import type { TestServer } from './server.ts'
import { assume, newRole, stsClient, trust } from './sts.ts'

const ACCOUNT = '000000000000'
const FROM_ACCOUNT = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
}

/** The resources of the cases. */
type RefusalBed = {
  readonly server: TestServer
  readonly iam: IAMClient
  readonly kms: KMSClient
}

/** A change in the output of `holdfast explain --json`. */
export type PrintedChange = {
  readonly kind: 'LiftDeny' | 'AddAllow' | 'SendContext'
  readonly policy?: string
  readonly keys?: readonly { readonly key: string; readonly value: string | null }[]
  readonly statement?: { readonly index: number }
  readonly add?: object
}

/** A refused call. */
type RefusedCall = {
  /** Makes the call with the caller's current credentials. */
  readonly call: () => Promise<unknown>
  readonly keyArn: string
  /** The arguments with which `holdfast simulate` makes the same decision. */
  readonly simulated: () => Promise<readonly string[]>
  /** Makes a change through the API. */
  readonly apply: (change: PrintedChange) => Promise<void>
}

/** A case: the expected output of `holdfast explain`, and the call. */
export type RefusalCase = {
  readonly name: string
  /** The reason. */
  readonly reason: RegExp
  /** The recorded reason, where it differs. */
  readonly recorded?: RegExp
  /** Lines of the evaluation path that name the mismatches. */
  readonly says: readonly RegExp[]
  readonly prepare: (bed: RefusalBed) => Promise<RefusedCall>
}

type Policy = { Statement: object[] }

async function newKey(kms: KMSClient, ...more: readonly object[]): Promise<string> {
  const Policy = policyText(FROM_ACCOUNT, ...more)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }))
  return KeyMetadata?.Arn ?? ''
}

/** Applies a change to the statements of a policy. */
function changed(text: string, { kind, statement, add }: PrintedChange): string {
  const policy = JSON.parse(text) as Policy
  const kept = policy.Statement.filter((_, index) => kind === 'AddAllow' || index !== statement?.index)
  return JSON.stringify({ ...policy, Statement: add === undefined ? kept : [...kept, add] })
}

function encrypt(
  keyArn: string,
  credentials: TestCredentials,
  server: TestServer,
  more: Partial<EncryptCommandInput>,
) {
  const client = kmsAs(server, credentials)
  const input = { KeyId: keyArn, Plaintext: Buffer.from('x'), ...more }
  return client.send(new EncryptCommand(input)).finally(() => client.destroy())
}

type UserCase = {
  readonly user: string
  readonly own?: string
  readonly keyArn: string
  readonly more?: Partial<EncryptCommandInput>
  readonly context?: readonly string[]
  readonly apply?: (change: PrintedChange) => Promise<void>
}

/** A user that calls Encrypt. Changes apply to the key policy or to an inline policy of the user. */
async function asUser(
  { server, iam, kms }: RefusalBed,
  { user, own, keyArn, ...rest }: UserCase,
): Promise<RefusedCall> {
  const credentials = await newUser(iam, user, own)
  const sent = { more: rest.more ?? {}, context: rest.context ?? [] }
  const apply = async (change: PrintedChange): Promise<void> => {
    if (change.kind === 'SendContext') {
      const pairs = (change.keys ?? []).map(
        ({ key, value }) => [key.split(':')[2] ?? '', value ?? ''] as const,
      )
      sent.more = { EncryptionContext: Object.fromEntries(pairs) }
      const names = pairs.map(([name]) => `kms:EncryptionContextKeys=${name}`)
      sent.context = [...pairs.map(([name, value]) => `kms:EncryptionContext:${name}=${value}`), ...names]
      return
    }
    if (change.policy === 'identity') {
      const PolicyDocument = policyText(change.add ?? {})
      await iam.send(new PutUserPolicyCommand({ UserName: user, PolicyName: 'added', PolicyDocument }))
      return
    }
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyArn }))
    await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: changed(Policy, change) }))
  }
  return {
    call: () => encrypt(keyArn, credentials, server, sent.more),
    keyArn,
    simulated: async () => [
      ...[
        '--principal',
        `arn:aws:iam::${ACCOUNT}:user/${user}`,
        '--action',
        'kms:Encrypt',
        '--resource',
        keyArn,
      ],
      ...sent.context.flatMap((entry) => ['--context', entry]),
    ],
    apply: rest.apply ?? apply,
  }
}

const OWN = policyText(allow('kms:*'))

/** One refusal by each kind of policy. */
export const REFUSALS: readonly RefusalCase[] = [
  {
    name: 'an explicit deny of the key policy',
    reason: /Denied by statement 2 \("NoDan"\) of the resource-based policy\./,
    says: [/statement 2 "NoDan" \(Deny\) matches/, /take statement 2 "NoDan" out of the key policy/],
    prepare: async (bed) => {
      const keyArn = await newKey(bed.kms, {
        Sid: 'NoDan',
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/dan` } },
      })
      return asUser(bed, { user: 'dan', own: OWN, keyArn })
    },
  },
  {
    name: 'a missing allow',
    reason: /Not allowed by any identity-based policy\./,
    says: [/leaves the decision to identity policies/, /add a statement to the identity policy/],
    prepare: async (bed) =>
      asUser(bed, { user: 'eve', own: policyText(allow('kms:Sign')), keyArn: await newKey(bed.kms) }),
  },
  {
    name: 'a condition that does not hold',
    reason: /Not allowed by any identity-based policy\./,
    says: [
      /StringEquals kms:EncryptionContext:App: wanted "ledger"; the call has "\\u001b\[31mother"/,
      /no policy needs to change; a policy or grant allows it if you:/,
      /make the call with encryption context App = "ledger"/,
    ],
    prepare: async (bed) => {
      const Condition = { StringEquals: { 'kms:EncryptionContext:App': 'ledger' } }
      return asUser(bed, {
        user: 'fay',
        own: policyText({ ...allow('kms:Encrypt'), Condition }),
        keyArn: await newKey(bed.kms),
        more: { EncryptionContext: { App: '\u001b[31mother' } },
        context: ['kms:EncryptionContext:App=\u001b[31mother', 'kms:EncryptionContextKeys=App'],
      })
    },
  },
  {
    name: 'a permissions boundary',
    reason: /Not allowed by any permissions boundary\./,
    says: [/permissions boundary arn:aws:iam::000000000000:policy\/gus: does not allow/],
    prepare: async (bed) => {
      const { iam } = bed
      const text = policyText(allow('kms:Decrypt'))
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'gus', PolicyDocument: text }))
      const PolicyArn = Policy?.Arn ?? ''
      const call = await asUser(bed, {
        user: 'gus',
        own: OWN,
        keyArn: await newKey(bed.kms),
        apply: async (change) => {
          const PolicyDocument = changed(text, change)
          await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }))
        },
      })
      await iam.send(
        new PutUserPermissionsBoundaryCommand({ UserName: 'gus', PermissionsBoundary: PolicyArn }),
      )
      return call
    },
  },
  {
    name: 'a service control policy',
    reason:
      /Denied by statement 1 of the service control policy "guard" (?:at level 1|attached to account \d{12})\./,
    recorded: /Denied by a service control policy of the organization\./,
    says: [
      /service control policy guard attached to account \d{12}: DENIES/,
      /take statement 1 out of the service control policy/,
    ],
    prepare: async (bed) => {
      const keyArn = await newKey(bed.kms)
      const { data } = bed.server
      const file = join(data, 'guard.json')
      const text = policyText(
        { Effect: 'Deny', Action: 'kms:Encrypt', Resource: keyArn },
        { Effect: 'Deny', Action: 'kms:DeleteImportedKeyMaterial', Resource: keyArn },
      )
      const put = async (document: string): Promise<void> => {
        await writeFile(file, document)
        await runHoldfast(data, 'scp', 'put', '--name=guard', `--file=${file}`)
      }
      await put(text)
      await runHoldfast(data, 'scp', 'attach', '--name=guard', `--id=${ACCOUNT}`)
      return asUser(bed, { user: 'hal', own: OWN, keyArn, apply: (change) => put(changed(text, change)) })
    },
  },
  {
    name: 'a session policy',
    reason: /Not allowed by any session policy\./,
    says: [/session policy session: does not allow|session policy: does not allow/],
    prepare: async (bed) => {
      const { iam, server } = bed
      const keyArn = await newKey(bed.kms)
      const user = await newUser(iam, 'ivy', policyText(allow('sts:*')))
      const arn = await newRole(iam, 'ivy-role', trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/ivy` }), OWN)
      const client = stsClient(server, user)
      let policy = policyText(allow('kms:Decrypt'))
      let credentials = await assume(client, arn, { Policy: policy })
      const file = join(server.data, 'session.json')
      return {
        call: () => encrypt(keyArn, credentials, server, {}),
        keyArn,
        simulated: async () => {
          await writeFile(file, policy)
          const who = ['--principal', arn, '--session-policy', file]
          return [...who, '--action', 'kms:Encrypt', '--resource', keyArn]
        },
        apply: async (change) => {
          policy = changed(policy, change)
          credentials = await assume(client, arn, { Policy: policy })
        },
      }
    },
  },
  {
    name: 'the constraint of a grant',
    reason: /Not allowed by any identity-based policy\./,
    says: [
      /EncryptionContextSubset: wanted "app=ledger"; the call has "app=other"/,
      /make the call with encryption context app = "ledger"/,
    ],
    prepare: async (bed) => {
      const keyArn = await newKey(bed.kms)
      const call = await asUser(bed, {
        user: 'joe',
        keyArn,
        more: { EncryptionContext: { app: 'other' } },
        context: ['kms:EncryptionContext:app=other', 'kms:EncryptionContextKeys=app'],
      })
      await bed.kms.send(
        new CreateGrantCommand({
          KeyId: keyArn,
          GranteePrincipal: `arn:aws:iam::${ACCOUNT}:user/joe`,
          Operations: ['Encrypt'],
          Constraints: { EncryptionContextSubset: { app: 'ledger' } },
        }),
      )
      return call
    },
  },
]
