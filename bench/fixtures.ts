import { call, textAt } from './client.ts'
import type { Answer } from './connection.ts'
import {
  type Addressing,
  encryptBody,
  MEASURED_OPERATIONS,
  type MeasuredOperation,
  type Workload,
} from './requests.ts'

/** The data that a load needs from a server before it starts. */
export type Fixtures = {
  readonly keyId: string
  readonly workload: (operation: MeasuredOperation) => Workload
  /** One real response of each operation. */
  readonly answers: ReadonlyMap<MeasuredOperation, Answer>
  /** Schedules the deletion of the key if the bench created it. */
  readonly release: () => Promise<void>
}

/** The number of distinct ciphertexts that Decrypt requests use in turn. */
const CIPHERTEXTS = 128
const PENDING_WINDOW_DAYS = 7

/** Creates a key, unless one is given, and ciphertexts under it. Calls each operation once. */
export async function prepareFixtures(to: Addressing, givenKeyId: string | undefined): Promise<Fixtures> {
  const keyId =
    givenKeyId ??
    textAt((await call(to, 'CreateKey', '{"Description":"bench"}')).output, 'KeyMetadata', 'KeyId')
  const bodies: string[] = []
  for (let index = 0; index < CIPHERTEXTS; index += 1) {
    const { body, context } = encryptBody(keyId, index)
    const ciphertext = textAt((await call(to, 'Encrypt', body)).output, 'CiphertextBlob')
    bodies.push(JSON.stringify({ CiphertextBlob: ciphertext, EncryptionContext: context }))
  }
  const ask: Record<MeasuredOperation, string> = {
    Encrypt: encryptBody(keyId, 0).body,
    Decrypt: bodies[0] ?? '',
    GenerateDataKey: JSON.stringify({ KeyId: keyId, KeySpec: 'AES_256' }),
    DescribeKey: JSON.stringify({ KeyId: keyId }),
    CreateKey: JSON.stringify({ Description: 'bench' }),
  }
  const answers = new Map<MeasuredOperation, Answer>()
  for (const operation of MEASURED_OPERATIONS) {
    const { answer } = await call(to, operation, ask[operation])
    answers.set(operation, answer)
  }
  return {
    keyId,
    workload: (operation) => ({ operation, keyId, bodies: operation === 'Decrypt' ? bodies : [] }),
    answers,
    release: async () => {
      if (givenKeyId !== undefined) return
      const body = { KeyId: keyId, PendingWindowInDays: PENDING_WINDOW_DAYS }
      await call(to, 'ScheduleKeyDeletion', JSON.stringify(body))
    },
  }
}
