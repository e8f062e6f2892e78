import { call, textAt } from './client.ts'
import type { Answer } from './connection.ts'
import {
  type Addressing,
  encryptBody,
  MEASURED_OPERATIONS,
  type MeasuredOperation,
  type Workload,
} from './requests.ts'

/** What a load needs of a target before it begins. */
export type Fixtures = {
  readonly keyId: string
  readonly workload: (operation: MeasuredOperation) => Workload
  /** One real answer of each operation. */
  readonly answers: ReadonlyMap<MeasuredOperation, Answer>
  /** Gives back a key that was made for the load. */
  readonly release: () => Promise<void>
}

/** Distinct ciphertexts that Decrypt is asked for in turn. */
const CIPHERTEXTS = 128
const PENDING_WINDOW_DAYS = 7

/** Makes a key, unless one is named, and ciphertexts under it; asks each operation once. */
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
