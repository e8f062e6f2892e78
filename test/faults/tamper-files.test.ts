/** Tests changes to the audit log or the root key of a server. */

import assert from 'node:assert/strict'
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AUDIT_FOLDER, openDeployment } from '../../src/app/deployment.ts'
import { systemFiles } from '../../src/audit/log/files.ts'
import { readHeads } from '../../src/audit/log/journal.ts'
import { recoverLog } from '../../src/audit/log/recover.ts'
import { AuditLog } from '../../src/audit/log/writer.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemTimers } from '../../src/base/ports.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { call, newKey } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { spawnServer, startServer, temporaryFolder } from '../support/server.ts'

const SEGMENT_BYTES = 4000
const EVENTS = 60

let whole = ''

before(async () => {
  whole = await temporaryFolder()
  await using server = await startServer({ data: whole })
  for (let count = 0; count < 5; count += 1) await newKey(server)
  for (let count = 0; count < 5; count += 1) await call(server, 'ListKeys', {})
  assert.equal(await server.stop(), 0)
  await appendSegments(whole)
  assert.ok((await segmentsOf(whole)).length > 3)
  assert.equal((await runHoldfast(whole, 'audit', 'verify')).status, 0)
})

after(async () => {
  await rm(whole, { recursive: true, force: true })
})

/** Continues a node's log in small segments, because 64 MiB of events take long to write. */
async function appendSegments(data: string): Promise<void> {
  const config = parseConfig({ flags: { data }, environment: {} })
  const { records, auditKey, wrappingKey } = await openDeployment(config)
  wrappingKey[Symbol.dispose]()
  const folder = join(data, AUDIT_FOLDER, 'node-0')
  const chain = { node: 'node-0', key: auditKey }
  const head = (await readHeads(records)).get('node-0')
  const { tail } = await recoverLog({ folder, chain, files: systemFiles, head })
  const log = new AuditLog({
    ...{ folder, chain, tail, files: systemFiles, clock: systemClock, timers: systemTimers, log: silentLog },
    saveHead: async () => {},
    segmentMaxBytes: SEGMENT_BYTES,
  })
  for (let count = 0; count < EVENTS; count += 1) {
    await log.append(`{"eventVersion":"1.11","eventID":"${count}","text":"${'x'.repeat(400)}"}`)
  }
  await log.close()
  await records.close()
}

async function segmentsOf(data: string): Promise<readonly string[]> {
  const folder = join(data, AUDIT_FOLDER, 'node-0')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
  return names.sort().map((name) => join(folder, name))
}

/** Changes the lines of a segment. The last line is empty. */
type EditLines = (lines: readonly string[]) => readonly string[]

const LINE_EDITS: readonly (readonly [what: string, edit: EditLines])[] = [
  ['an event with one letter changed', (lines) => lines.with(1, String(lines[1]).replace('1.11', '1.12'))],
  ['a dropped event', (lines) => lines.toSpliced(1, 1)],
  ['a doubled event', (lines) => lines.toSpliced(1, 0, String(lines[1]))],
  ['two events in another order', swapLines],
  ['a dropped batch line', (lines) => lines.toSpliced(2, 1)],
  ['a dropped batch', (lines) => lines.toSpliced(1, 2)],
  ['a doubled batch', (lines) => lines.toSpliced(1, 0, String(lines[1]), String(lines[2]))],
  ['a changed segment line', (lines) => lines.with(0, String(lines[0]).replace('"first":', '"first":1'))],
]

function swapLines(lines: readonly string[]): readonly string[] {
  const events = [...lines.keys()].filter((at) => lines[at]?.startsWith('{"eventVersion"'))
  const [first = 0, second = 0] = events
  return lines.with(first, String(lines[second])).with(second, String(lines[first]))
}

/** Copies the whole folder. */
async function copyOfWhole(): Promise<string> {
  const data = await temporaryFolder()
  await cp(whole, data, { recursive: true })
  return data
}

async function editLines(path: string, edit: EditLines): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  await writeFile(path, edit(lines).join('\n'))
}

async function assertDamaged(data: string, where: RegExp): Promise<void> {
  const { status, errors } = await runHoldfast(data, 'audit', 'verify')
  assert.equal(status, 1, errors)
  assert.match(errors, /^DAMAGED: node-0\//m)
  assert.match(errors, where)
}

async function assertStartRefused(data: string, why: RegExp): Promise<void> {
  const server = spawnServer(data)
  await assert.rejects(server.serves)
  assert.equal(await server.ended, 1)
  assert.match(server.errors(), why)
}

for (const [what, edit] of LINE_EDITS) {
  for (const place of ['first', 'middle', 'last'] as const) {
    test(`audit verify finds ${what} in the ${place} segment`, async () => {
      const data = await copyOfWhole()
      const segments = await segmentsOf(data)
      const index = { first: 0, middle: Math.floor(segments.length / 2), last: segments.length - 1 }[place]
      const segment = String(segments[index])
      await editLines(segment, edit)
      await assertDamaged(data, /from event \d+ on/)
      // A start reads only the last segment, because the whole log may cover years.
      if (place === 'last') await assertStartRefused(data, /the audit log is damaged: node-0\//)
      await rm(data, { recursive: true })
    })
  }
}

test('audit verify finds a segment that was removed, wherever it was', async () => {
  for (const index of [0, 1, -2]) {
    const data = await copyOfWhole()
    const segments = await segmentsOf(data)
    await rm(String(segments.at(index)))
    await assertDamaged(data, /events \d+ to \d+ are missing/)
    await rm(data, { recursive: true })
  }
})

test('a log that ends before its saved head is refused', async () => {
  const data = await temporaryFolder()
  await using server = await startServer({ data })
  for (let count = 0; count < 3; count += 1) await newKey(server)
  assert.equal(await server.stop(), 0)
  const [segment = ''] = await segmentsOf(data)
  await editLines(segment, (lines) => [...lines.slice(0, -3), ''])
  await assertDamaged(data, /the log ends, but the saved head tells of events up to/)
  await assertStartRefused(data, /the audit log is damaged: node-0\//)
  await rm(join(data, AUDIT_FOLDER, 'node-0'), { recursive: true })
  await assertDamaged(data, /the log ends, but the saved head tells of events up to/)
  await assertStartRefused(data, /the audit log is damaged: node-0\//)
  await rm(data, { recursive: true })
})

test('audit verify finds what was changed under a running server, and the next start is refused', async () => {
  const data = await temporaryFolder()
  await using server = await startServer({ data })
  await newKey(server)
  await call(server, 'ListKeys', {})
  const [segment = ''] = await segmentsOf(data)
  const text = await readFile(segment)
  // Edits the file in place, because the server has it open for appending.
  const at = text.indexOf('"eventName":"ListKeys"')
  text.write('"eventName":"LostKeys"', at)
  await writeFile(segment, text, { flag: 'r+' })
  assert.equal((await call(server, 'ListKeys', {})).status, 200)
  await assertDamaged(data, /the MAC of the batch is not that of its events/)
  assert.equal(await server.stop(), 0)
  await assertStartRefused(data, /the audit log is damaged: node-0\//)
  await rm(data, { recursive: true })
})

const ROOT_KEY_CHANGES: readonly (readonly [
  what: string,
  change: (path: string) => Promise<void>,
  why: RegExp,
])[] = [
  ['removed', (path) => rm(path), /root\.key is missing: restore it/],
  [
    'readable by everybody',
    (path) => chmod(path, 0o644),
    /can be read by others than its owner: chmod 600 it/,
  ],
  ['cut off', (path) => writeFile(path, 'holdfast-root-key:2:AAAA'), /is damaged: restore it/],
  ['emptied', (path) => writeFile(path, ''), /is damaged: restore it/],
  ['changed', changeRootKey, /is damaged: restore it/],
  ['replaced by another', replaceRootKey, /its key is not the one that this path was made with/],
]

async function changeRootKey(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  const at = text.indexOf(':2:') + 3
  await writeFile(path, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`)
}

async function replaceRootKey(path: string): Promise<void> {
  const data = await temporaryFolder()
  await using server = await startServer({ data })
  await server.kill()
  await writeFile(path, await readFile(join(data, 'root.key')))
  await rm(data, { recursive: true })
}

for (const [what, change, why] of ROOT_KEY_CHANGES) {
  test(`a server does not start when its root key was ${what}`, async () => {
    const data = await copyOfWhole()
    await change(join(data, 'root.key'))
    await assertStartRefused(data, why)
    const { status, errors } = await runHoldfast(data, 'audit', 'verify')
    assert.equal(status, 1)
    assert.match(errors, why)
    await rm(data, { recursive: true })
  })
}
