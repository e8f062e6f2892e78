/** What is true of every operation of IAM and STS, generated from their own facts. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { UNSIGNED_OPERATION_NAMES } from '../../src/api/operations.ts'
import { SERVICES } from '../../src/api/services.ts'
import { wireName } from '../../src/api/validate.ts'
import type { Operation } from '../../src/dispatch/operation.ts'
import type { IamDependencies } from '../../src/iam/iam-dependencies.ts'
import { IAM_OPERATIONS } from '../../src/iam/iam-operations.ts'
import type { StsDependencies } from '../../src/iam/sts/sts-dependencies.ts'
import { STS_OPERATIONS } from '../../src/iam/sts/sts-operations.ts'
import { eventOf } from '../support/audit.ts'
import { iamClient, newUser, type TestCredentials } from '../support/iam.ts'
import { LEGAL_VALUES, legalInput } from '../support/legal-inputs.ts'
import { callQuery, formText } from '../support/query.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'

/** The facts of an operation need no dependencies: only running it does. */
const OPERATIONS: readonly Operation[] = [
  ...IAM_OPERATIONS.map((operation) => operation({} as IamDependencies)),
  ...STS_OPERATIONS.map((operation) => operation({} as StsDependencies)),
]

/** Operations that need no permission, or are decided by what is in their input. */
const UNDECIDED = new Set(['GetCallerIdentity', 'GetSessionToken', 'AssumeRoleWithWebIdentity'])

/** How recorded refusals of IAM name what exists: by its kind and what the call names it by. The first member counts. */
const NAMED_KINDS = [
  ['InstanceProfileName', 'instance profile none'],
  ['GroupName', 'group none'],
  ['RoleName', 'role none'],
  ['UserName', 'user none'],
  ['PolicyArn', `policy ${String(LEGAL_VALUES['PolicyArn'])}`],
] as const

const SPOT_ROLE = 'role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot'

/** What is named by its ARN: what is to be made, providers, and the parts of an account that lists cover. */
const BY_ARN: Readonly<Record<string, string>> = {
  CreateGroup: 'group/none',
  CreateInstanceProfile: 'instance-profile/none',
  CreateOpenIDConnectProvider: 'oidc-provider/new.example.com',
  CreateRole: 'role/none',
  CreateServiceLinkedRole: SPOT_ROLE,
  CreateUser: 'user/none',
  CreateVirtualMFADevice: 'mfa/none',
  DeleteVirtualMFADevice: 'mfa/none',
  GetContextKeysForPrincipalPolicy: 'user/none',
  GetSAMLProvider: 'saml-provider/none',
  GetServerCertificate: 'server-certificate/none',
  GetServiceLinkedRoleDeletionStatus: SPOT_ROLE,
  ListGroups: 'group/',
  ListMFADeviceTags: 'mfa/none',
  ListInstanceProfiles: 'instance-profile/',
  ListOpenIDConnectProviders: 'oidc-provider/',
  ListRoles: 'role/',
  ListSAMLProviders: 'saml-provider/',
  ListServerCertificates: 'server-certificate/',
  ListUsers: 'user/',
  SimulatePrincipalPolicy: 'user/none',
  TagMFADevice: 'mfa/none',
  UntagMFADevice: 'mfa/none',
}

/** Other forms of recorded refusals. */
const OTHERWISE: Readonly<Record<string, string>> = {
  ChangePassword: 'user nobody',
  CreatePolicy: 'policy none',
  ListPolicies: 'policy path /',
}

function shownResource({ name, members }: Operation): string {
  const arn = BY_ARN[name]
  if (arn !== undefined) return `arn:aws:iam::${ACCOUNT}:${arn}`
  if ('OpenIDConnectProviderArn' in members) return String(LEGAL_VALUES['OpenIDConnectProviderArn'])
  return OTHERWISE[name] ?? NAMED_KINDS.find(([member]) => member in members)?.[1] ?? '*'
}

/** The end of the refusal of a user who has no policies. */
function denied(operation: Operation): string {
  const { service, name } = operation
  // A role that is not there gives no reason.
  if (name === 'AssumeRole') return ` on resource: ${String(LEGAL_VALUES['RoleArn'])}`
  if (name === 'GetFederationToken')
    return ` on resource: arn:aws:sts::${ACCOUNT}:federated-user/none ${because(operation)}`
  const where = service === 'sts' ? '' : ` on resource: ${shownResource(operation)}`
  return `${where} ${because(operation)}`
}

function because({ service, name }: Operation): string {
  return `because no identity-based policy allows the ${service}:${name} action`
}

let server: TestServer
let nobody: TestCredentials

before(async () => {
  server = await startServer()
  const iam = iamClient(server)
  nobody = await newUser(iam, 'nobody')
  iam.destroy()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

const serviceOf = ({ service }: Operation): 'iam' | 'sts' => (service === 'sts' ? 'sts' : 'iam')

/** Operations that AWS has and that are not here. */
const MISSING = [SERVICES.iam, SERVICES.sts].flatMap(({ name: service, operationNames }) =>
  operationNames
    .filter((name) => !OPERATIONS.some((one) => one.service === service && one.name === name))
    .map((name) => ({ service: service === 'sts' ? 'sts' : 'iam', name }) as const),
)

for (const { service, name } of MISSING) {
  test(`${name}, which is not here, answers UnsupportedOperation, and is recorded by its name`, async () => {
    const answer = await callQuery(server, { service, action: name }, {}, { credentials: nobody })
    assert.equal(answer.code, 'UnsupportedOperation', answer.text)
    assert.equal(answer.status, 400)
    const event = await eventOf(server, answer.requestId)
    assert.equal(event.eventName, name)
    assert.equal(event.errorCode, 'UnsupportedOperationException')
  })
}

// After those: only so many calls that name nobody are recorded one by one.
for (const { service, name } of MISSING) {
  test(`${name}, which is not here, is not told to whoever does not sign, unless nobody signs it`, async () => {
    const { status, text } = await callUnsigned(service, name)
    const [code, expected] = UNSIGNED_OPERATION_NAMES.has(name)
      ? ['UnsupportedOperation', 400]
      : ['MissingAuthenticationToken', 403]
    assert.equal(/<Code>(\w+)</.exec(text)?.[1], code)
    assert.equal(status, expected)
  })
}

async function callUnsigned(
  service: 'iam' | 'sts',
  action: string,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(server.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: formText(action, service, {}),
  })
  return { status: answer.status, text: await answer.text() }
}

test('every operation that is here is one of its service, and there once', () => {
  const known = new Set([SERVICES.iam, SERVICES.sts].flatMap(({ operationNames }) => operationNames))
  assert.deepEqual(
    OPERATIONS.filter(({ name }) => !known.has(name)),
    [],
  )
  assert.ok(MISSING.length > 0)
  assert.equal(new Set(OPERATIONS.map(({ service, name }) => `${service}:${name}`)).size, OPERATIONS.length)
})

for (const operation of OPERATIONS) {
  const { name, members } = operation
  const service = serviceOf(operation)

  if (!UNDECIDED.has(name)) {
    test(`${name} refuses a user without policies with AccessDenied, and records it`, async () => {
      const answer = await callQuery(server, { service, action: name }, legalInput(operation), {
        credentials: nobody,
      })
      assert.equal(answer.code, 'AccessDenied', answer.text)
      assert.equal(answer.status, 403)
      assert.match(answer.contentType, /^text\/xml/)
      assert.equal(
        answer.message,
        `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: ${service}:${name}${denied(operation)}`,
        `${answer.message}\nAn operation that no member names the resource of needs a row in BY_ARN.`,
      )
      const event = await eventOf(server, answer.requestId)
      assert.equal(event.eventName, name)
      assert.equal(event['eventSource'], `${service}.amazonaws.com`)
      assert.equal(event.errorCode, 'AccessDenied')
      assert.equal(event.readOnly, operation.readOnly)
    })
  }

  if (operation.unsigned !== true) {
    test(`${name} refuses a wrong signature with SignatureDoesNotMatch`, async () => {
      const credentials = { ...server.credentials, secretAccessKey: 'wrong' }
      const answer = await callQuery(server, { service, action: name }, legalInput(operation), {
        credentials,
      })
      assert.equal(answer.code, 'SignatureDoesNotMatch', answer.text)
      assert.equal(answer.status, 403)
    })
  }

  for (const [member, { data, required }] of Object.entries(members)) {
    const path = wireName(member)
    if (required) {
      test(`${name} asks for ${member}`, async () => {
        const { [member]: _left, ...input } = legalInput(operation)
        const answer = await callQuery(server, { service, action: name }, input)
        assert.equal(answer.code, 'ValidationError', answer.text)
        assert.equal(answer.status, 400)
        assert.match(
          answer.message ?? '',
          new RegExp(`at '${path}' failed to satisfy constraint: Member must not be null`),
        )
      })
    }
    if (data.type === 'list' && data.of.type === 'enum') {
      test(`${name} tells of the list when an item of ${member} is wrong`, async () => {
        const input = { ...legalInput(operation), [member]: ['none'] }
        const answer = await callQuery(server, { service, action: name }, input)
        assert.equal(answer.code, 'ValidationError', answer.text)
        const inList = 'failed to satisfy constraint: Member must satisfy constraint'
        assert.ok(
          answer.message?.includes(
            `Value '[none]' at '${path}' ${inList}: [Member must satisfy enum value set: [`,
          ),
          String(answer.message),
        )
      })
    }
    if (data.type === 'list' && data.of.type === 'text' && data.of.max !== undefined) {
      const { max } = data.of
      test(`${name} tells of the list when an item of ${member} is longer than ${max} characters`, async () => {
        const input = { ...legalInput(operation), [member]: ['x'.repeat(max + 1)] }
        const answer = await callQuery(server, { service, action: name }, input)
        const inList = 'failed to satisfy constraint: Member must satisfy constraint'
        assert.ok(
          answer.message?.includes(
            `at '${path}' ${inList}: [Member must have length less than or equal to ${max}`,
          ),
          answer.text,
        )
      })
    }
    if (data.type === 'text' && data.max !== undefined) {
      const { max } = data
      test(`${name} takes at most ${max} characters of ${member}`, async () => {
        const input = { ...legalInput(operation), [member]: 'x'.repeat(max + 1) }
        const answer = await callQuery(server, { service, action: name }, input)
        assert.equal(answer.code, 'ValidationError', answer.text)
        assert.ok(
          answer.message?.includes(
            `at '${path}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
          ),
          String(answer.message),
        )
      })
    }
  }
}

test('a form that is broken is answered with MalformedInput', async () => {
  const body = `${formText('GetUser', 'iam', {})}&UserName=a&UserName=b`
  const answer = await callQuery(server, { service: 'iam', action: 'GetUser' }, {}, { body })
  assert.equal(answer.code, 'MalformedInput')
  assert.equal(answer.status, 400)
})

test('an unknown action is answered with InvalidAction', async () => {
  const unknown = await callQuery(server, { service: 'iam', action: 'MakeCoffee' }, {})
  assert.equal(unknown.code, 'InvalidAction')
  assert.equal(unknown.message, 'Could not find operation MakeCoffee for version 2010-05-08')
  const none = await callQuery(server, { service: 'iam', action: '' }, {}, { body: 'Version=2010-05-08' })
  assert.equal(none.code, 'MissingAction')
})

test('a call that is signed for another service is refused', async () => {
  const answer = await callQuery(server, { service: 'iam', action: 'ListUsers' }, {}, { signedFor: 'kms' })
  assert.equal(answer.code, 'SignatureDoesNotMatch')
  assert.equal(answer.message, "Credential should be scoped to correct service: 'iam'. ")
})

test('an unsigned call of an operation that is signed is refused with MissingAuthenticationToken', async () => {
  const { status, text } = await callUnsigned('sts', 'GetCallerIdentity')
  assert.equal(status, 403)
  assert.match(text, /<Code>MissingAuthenticationToken<\/Code>/)
})
