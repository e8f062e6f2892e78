import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestTime } from '../../../test/support/audit-log.ts'
import { silentLog } from '../../base/log.ts'
import { IntegrityError } from '../../store/records.ts'
import { AUDIT_HEAD, type AuditHead, decodeHead, encodeHead, HEAD_INTERVAL_MS, HeadKeeper } from './head.ts'

function head(sequence: number, segment = 1): AuditHead {
  return { sequence, mac: Buffer.alloc(32, sequence), segment }
}

test('encodeHead and decodeHead give the head back', () => {
  const value: unknown = JSON.parse(JSON.stringify(encodeHead(head(7, 3))))
  assert.deepEqual(decodeHead(AUDIT_HEAD.parse(value)), head(7, 3))
  assert.throws(() => AUDIT_HEAD.parse({ format: 2 }), IntegrityError)
})

test('HeadKeeper saves the newest head only, one at a time', async () => {
  const time = new TestTime()
  const saves: { sequence: number; done: () => void }[] = []
  const saveHead = ({ sequence }: AuditHead) =>
    new Promise<void>((done) => {
      saves.push({ sequence, done })
    })
  const keeper = new HeadKeeper({ saveHead, clock: time, timers: time, log: silentLog })
  keeper.note(head(1))
  keeper.note(head(2))
  time.pass(0)
  keeper.note(head(3))
  keeper.note(head(4, 4))
  time.pass(HEAD_INTERVAL_MS)
  assert.deepEqual(
    saves.map(({ sequence }) => sequence),
    [2],
  )
  const closed = keeper.close()
  saves[0]?.done()
  await Promise.resolve()
  while (saves.length < 2) await Promise.resolve()
  saves[1]?.done()
  await closed
  assert.deepEqual(
    saves.map(({ sequence }) => sequence),
    [2, 4],
  )
})

test('HeadKeeper tries again after a head could not be saved', async () => {
  const time = new TestTime()
  const saved: number[] = []
  let fails = true
  const saveHead = async ({ sequence }: AuditHead) => {
    if (fails) throw new Error('injected')
    saved.push(sequence)
  }
  const keeper = new HeadKeeper({ saveHead, clock: time, timers: time, log: silentLog })
  keeper.note(head(1))
  time.pass(0)
  fails = false
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  time.pass(HEAD_INTERVAL_MS)
  assert.deepEqual(saved, [1])
  await keeper.close()
  assert.deepEqual(saved, [1])
})
