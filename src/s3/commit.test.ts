import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock, systemRandom } from '../base/ports.ts'
import { type CommitDependencies, commitAnswer } from './commit.ts'
import type { Attempt } from './recording.ts'

const ATTEMPT = {
  requestId: systemRandom.uuid(),
  name: 'PutObject',
  readOnly: false,
  wire: {
    method: 'PUT',
    target: '/b/k',
    rawHeaders: [],
    connection: { address: '127.0.0.1', tls: undefined },
  },
  caller: { account: '000000000000', identityJson: '{}' },
  region: 'eu-west-1',
  isOnObject: true,
  parameters: {},
  resources: [],
  authenticated: { claims: { presigned: false } },
} as unknown as Attempt

/** Dependencies whose commit or whose log fails, and what was done with files. */
function failing(what: 'catalogue' | 'log') {
  const done: string[] = []
  const fail = (): Promise<never> => Promise.reject(new Error(`the ${what} fails`))
  const dependencies = {
    catalogue: { commit: what === 'catalogue' ? fail : async () => {} },
    journal: { append: what === 'log' ? fail : async () => {} },
    quotas: { chargeAudit: () => {} },
    clock: systemClock,
    random: systemRandom,
    files: {
      settle: async (file: string) => void done.push(`settle ${file}`),
      remove: async (file: string) => void done.push(`remove ${file}`),
    },
    disposal: { changes: () => [], dispose: (files: readonly string[]) => done.push(`dispose ${files}`) },
    log: { warn: () => {} },
  } as unknown as CommitDependencies
  return { dependencies, done }
}

const CHANGES = [{ space: 'bucket', id: new Uint8Array(1), entry: undefined }] as const

test('the files of a commit that fails are removed, and those that the catalogue names stay', async () => {
  for (const [what, isCommitted, expected] of [
    ['catalogue', false, ['remove new']],
    ['log', true, []],
    ['log', false, ['remove new']],
  ] as const) {
    const { dependencies, done } = failing(what)
    const answer = { changes: CHANGES, settles: ['new'], disposes: ['old'], isCommitted: () => isCommitted }
    await assert.rejects(commitAnswer(dependencies, ATTEMPT, answer), { message: `the ${what} fails` })
    assert.deepEqual(done, expected)
  }
})
