import assert from 'node:assert/strict'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { systemSleep } from '../base/ports.ts'
import { claimFileLock } from '../store/file-lock.ts'
import {
  addDeadLetters,
  type DeadLetter,
  type DeadLetterDependencies,
  readDeadLetters,
  takeDeadLetters,
} from './dead-letters.ts'

function letter(eventId: string): DeadLetter {
  const at = '2026-11-24T12:00:00.000Z'
  return { at, endpointId: 'e', origin: 'https://x', reason: 'r', attempts: 1, eventId, body: '{}' }
}

const SIZE = JSON.stringify(letter('0')).length + 1

function dependenciesOf(path: string, maxBytes?: number): DeadLetterDependencies {
  const dependencies = { folder: join(path, 'events'), claimLock: claimFileLock, sleep: systemSleep }
  return maxBytes === undefined ? dependencies : { ...dependencies, maxBytes }
}

async function idsOf(dependencies: DeadLetterDependencies): Promise<readonly string[]> {
  return (await readDeadLetters(dependencies)).map(({ eventId }) => eventId)
}

test('dead letters are kept in order, a line each', async () => {
  using folder = testFolder()
  const dependencies = dependenciesOf(folder.path)
  assert.deepEqual(await readDeadLetters(dependencies), [])
  await addDeadLetters(dependencies, [letter('1')])
  await addDeadLetters(dependencies, [letter('2'), letter('3')])
  assert.deepEqual(await readDeadLetters(dependencies), ['1', '2', '3'].map(letter))
  const text = readFileSync(join(dependencies.folder, 'dead-letters.jsonl'), 'utf8')
  assert.equal(text.split('\n').length, 4)
})

test('many who add at once lose nothing', async () => {
  using folder = testFolder()
  const dependencies = dependenciesOf(folder.path)
  const ids = Array.from({ length: 20 }, (_, at) => String(at))
  await Promise.all(ids.map((id) => addDeadLetters(dependencies, [letter(id)])))
  assert.deepEqual((await idsOf(dependencies)).toSorted(), ids.toSorted())
})

test('eight letters fit where there is room for eight, and a ninth drops the oldest down to three quarters', async () => {
  using folder = testFolder()
  const dependencies = dependenciesOf(folder.path, 8 * SIZE)
  const ids = ['1', '2', '3', '4', '5', '6', '7', '8']
  assert.equal(await addDeadLetters(dependencies, ids.map(letter)), 0)
  assert.equal((await idsOf(dependencies)).length, 8)
  assert.equal(await addDeadLetters(dependencies, [letter('9')]), 3)
  assert.deepEqual(await idsOf(dependencies), ['4', '5', '6', '7', '8', '9'])
})

test('letters that are taken out are gone, and stay when what is done with them fails', async () => {
  using folder = testFolder()
  const dependencies = dependenciesOf(folder.path)
  await addDeadLetters(dependencies, ['1', '2', '3'].map(letter))
  const second = (present: readonly DeadLetter[]): readonly DeadLetter[] => present.slice(1, 2)
  const failure = new Error('no')
  await assert.rejects(
    takeDeadLetters(dependencies, second, () => Promise.reject(failure)),
    failure,
  )
  assert.deepEqual(await idsOf(dependencies), ['1', '2', '3'])
  const used: string[] = []
  await takeDeadLetters(
    dependencies,
    second,
    async (letters) => void used.push(...letters.map((one) => one.eventId)),
  )
  assert.deepEqual(used, ['2'])
  assert.deepEqual(await idsOf(dependencies), ['1', '3'])
})

test('a line that somebody has spoilt is named, and nothing is lost for it', async () => {
  using folder = testFolder()
  const dependencies = dependenciesOf(folder.path)
  await addDeadLetters(dependencies, [letter('1')])
  const path = join(dependencies.folder, 'dead-letters.jsonl')
  appendFileSync(path, '{"at":\n')
  await assert.rejects(
    addDeadLetters(dependencies, [letter('2')]),
    /^Error: line 2 of dead-letters\.jsonl is no dead letter/,
  )
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 3)
})
