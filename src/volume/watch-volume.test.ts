import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import type { OpenVolume } from './open-volumes.ts'
import { UNCHECKED_MAX_MS, VERDICTS, watchVolume } from './watch-volume.ts'
import type { VolumeKms } from './wrapped-key.ts'

const NEVER_ASKED: VolumeKms = {
  call: () => assert.fail('KMS is not called'),
  allows: () => assert.fail('KMS is not asked'),
}

/** A volume that a process with the name of nbdkit serves, until it is closed. */
async function servedVolume(runtime: string, name: string) {
  const folder = join(runtime, name)
  mkdirSync(folder, { mode: 0o700 })
  // The kernel names a process by the file that it was started from.
  symlinkSync('/bin/sleep', join(folder, 'nbdkit'))
  const child = spawn(join(folder, 'nbdkit'), ['60'], { argv0: 'sleep', stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  while ((await readFile(`/proc/${child.pid}/comm`, 'utf8')).trim() !== 'nbdkit') await undefined
  writeFileSync(join(folder, 'nbdkit.pid'), String(child.pid))
  const opened: OpenVolume = {
    ...{ name, device: '/nowhere', volumeId: 'vol-1', keyArn: 'arn', backend: 'nbdkit', path: 'nbd' },
    ...{ openedAt: '2026-01-01T00:00:00Z', grant: undefined },
  }
  return { folder, opened, child, ended }
}

test('a volume whose state cannot be read is closed when that lasts', async () => {
  using runtime = testFolder()
  const { folder, opened, child, ended } = await servedVolume(runtime.path, 'one')
  writeFileSync(join(folder, 'state.json'), 'damaged', { mode: 0o600 })
  let nowMs = 0
  const reasons: string[] = []
  try {
    const failure = await watchVolume(NEVER_ASKED, {
      ...{ runtime: runtime.path, name: 'one', opened, outageMs: undefined },
      clock: { now: () => nowMs, monotonicMs: () => nowMs },
      nextCheck: async () => {
        nowMs += UNCHECKED_MAX_MS / 2
        return true
      },
      noAnswer: (reason) => reasons.push(reason),
      notClosed: (reason) => assert.fail(reason),
    })
    assert.deepEqual([failure?.failure, nowMs, reasons.length], ['machine', UNCHECKED_MAX_MS, 2])
    await ended
  } finally {
    child.kill('SIGKILL')
  }
})

test('every failure but a missing answer closes a volume, those of KMS at once', () => {
  const open = Object.entries(VERDICTS).filter(([, verdict]) => verdict === 'unanswered')
  assert.deepEqual(
    open.map(([failure]) => failure),
    ['unreachable'],
  )
  for (const failure of ['denied', 'key', 'header', 'mismatch', 'other'] as const)
    assert.equal(VERDICTS[failure], 'refused')
})
