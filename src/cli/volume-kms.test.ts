import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../client/service-error.ts'
import { VolumeError } from '../volume/volume-error.ts'
import type { AwsClient } from './aws-client.ts'
import { asProfile, complainAbout, volumeKmsOf } from './volume-kms.ts'

const REQUEST = '3f2b8c1e-5d7a-4b60-9e21-0c4d8f6a7b90'

/** A client whose calls end so, and what it was called with. */
function clientThat(end: () => Promise<unknown>, endpoint = 'https://kms.example.com'): AwsClient {
  return { endpoint, region: 'eu-west-1', call: end, [Symbol.dispose]: () => {} }
}

function refusal(code: string, status = 400): ServiceError {
  return new ServiceError({ code, message: 'why', status, requestId: REQUEST })
}

async function failureOf(client: AwsClient): Promise<VolumeError> {
  const error = await volumeKmsOf(client)
    .call('Decrypt', {})
    .catch((thrown: unknown) => thrown)
  assert.ok(error instanceof VolumeError)
  return error
}

function shown(error: VolumeError): readonly [number, readonly string[]] {
  const lines: string[] = []
  const status = complainAbout({ print: () => {}, complain: (line) => lines.push(line) }, error)
  return [status, lines]
}

test('each refusal of KMS has the exit status of what a caller can do about it', async () => {
  for (const [status, ...codes] of [
    [3, 'AccessDeniedException', 'UnrecognizedClientException', 'ExpiredTokenException'],
    [4, 'DisabledException', 'KMSInvalidStateException', 'NotFoundException', 'KeyUnavailableException'],
    [5, 'ThrottlingException', 'KMSInternalException', 'DependencyTimeoutException'],
    [6, 'InvalidCiphertextException', 'IncorrectKeyException'],
    [1, 'ValidationException', 'LimitExceededException'],
  ] as const) {
    for (const code of codes) {
      const error = await failureOf(clientThat(() => Promise.reject(refusal(code))))
      assert.equal(shown(error)[0], status, code)
      assert.equal(error.message, `Decrypt: ${code}: why (request ID ${REQUEST})`)
    }
  }
  assert.equal(shown(await failureOf(clientThat(() => Promise.reject(refusal('UnknownError', 502)))))[0], 5)
})

test('no answer has a status of its own, and the endpoint in its message', async () => {
  const error = await failureOf(clientThat(() => Promise.reject(new Error('connection refused'))))
  assert.deepEqual(shown(error), [
    5,
    ['holdfast: Decrypt: no answer from https://kms.example.com: connection refused'],
  ])
})

test('a refusal of Holdfast shows how to have it explained, and one of AWS does not', async () => {
  const refused = (): Promise<unknown> => Promise.reject(refusal('AccessDeniedException'))
  const first = `holdfast: Decrypt: AccessDeniedException: why (request ID ${REQUEST})`
  assert.deepEqual(shown(await failureOf(clientThat(refused))), [
    3,
    [first, `next: holdfast explain ${REQUEST}`],
  ])
  for (const host of ['kms.eu-west-1.amazonaws.com', 'kms.cn-north-1.amazonaws.com.cn'])
    assert.deepEqual(shown(await failureOf(clientThat(refused, `https://${host}`))), [3, [first]])
})

test('allows succeeds only when KMS answers that the call would have', async () => {
  const trying = (end: () => Promise<unknown>): Promise<void> =>
    volumeKmsOf(clientThat(end)).allows('Decrypt', { KeyId: 'x', GrantTokens: undefined })
  await trying(() => Promise.reject(refusal('DryRunOperationException', 412)))
  const isOf = (failure: string) => (error: unknown) =>
    error instanceof VolumeError && error.failure === failure
  await assert.rejects(
    trying(() => Promise.reject(refusal('AccessDeniedException'))),
    isOf('denied'),
  )
  // A service that ignores DryRun has made the call.
  await assert.rejects(
    trying(() => Promise.resolve({})),
    isOf('other'),
  )
})

test('a profile takes the place of the credentials of the environment, and of nothing else', () => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SESSION_TOKEN: 'c',
    AWS_WEB_IDENTITY_TOKEN_FILE: 'd',
    AWS_ROLE_ARN: 'e',
    AWS_REGION: 'eu-west-1',
    AWS_PROFILE: 'machine',
  }
  assert.deepEqual(asProfile({ environment }, 'ada'), {
    environment: { AWS_REGION: 'eu-west-1', AWS_PROFILE: 'ada' },
  })
})
