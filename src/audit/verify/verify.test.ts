import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openTestLog, TEST_KEY, testEvent } from '../../../test/support/audit-log.ts'
import { cases } from '../../../test/support/campaign.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { hmacKey } from '../../crypto/hmac.ts'
import type { AuditHead } from '../log/head.ts'
import { type Verification, verifyLog } from './verify.ts'

const folder = testFolder()
after(() => folder[Symbol.dispose]())
const own = join(folder.path, 'node-0')
const heads = new Map<string, AuditHead>()
const pristine = new Map<string, Buffer>()

/** Four segments of three batches of one to three events. */
async function writeOnce(): Promise<void> {
  if (pristine.size > 0) return
  const { log } = await openTestLog({ folder: folder.path, heads, segmentMaxBytes: 900 })
  for (let index = 0; index < 12; index += 1) {
    const ids = Array.from({ length: 1 + (index % 3) }, (_, one) => `${index}-${one}`)
    await Promise.all(ids.map((id) => log.append(testEvent(id, 'é"x'.repeat(20)))))
  }
  await log.close()
  for (const name of readdirSync(own).sort()) pristine.set(name, readFileSync(join(own, name)))
  assert.ok(pristine.size >= 3)
}

function restore(): void {
  for (const name of readdirSync(own)) rmSync(join(own, name))
  for (const [name, bytes] of pristine) writeFileSync(join(own, name), bytes)
}

function verify(saved: ReadonlyMap<string, AuditHead> = heads): Promise<Verification> {
  return verifyLog({ folder: folder.path, key: TEST_KEY, heads: saved })
}

/** Changes the lines of a file; a line keeps its line end. */
function editLines(name: string, edit: (lines: string[]) => string[]): boolean {
  const before = readFileSync(join(own, name), 'utf8')
  const after = edit(before.split(/(?<=\n)/)).join('')
  writeFileSync(join(own, name), after)
  return before !== after
}

function swap(lines: string[], a: number, b: number): string[] {
  return lines.map((line, index) => (index === a ? lines[b] : index === b ? lines[a] : line) ?? '')
}

/** Each damages a file, at places given by two numbers, and tells whether it has changed anything. */
const DAMAGES: { readonly [name: string]: (file: string, a: number, b: number) => boolean } = {
  'a flipped bit': (file, a, b) => {
    const bytes = readFileSync(join(own, file))
    const at = a % bytes.length
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (b % 8))
    writeFileSync(join(own, file), bytes)
    return true
  },
  'a dropped line': (file, a) => editLines(file, (lines) => lines.toSpliced(a % lines.length, 1)),
  'a repeated line': (file, a) =>
    editLines(file, (lines) => lines.toSpliced(a % lines.length, 0, lines[a % lines.length] ?? '')),
  'two exchanged lines': (file, a, b) =>
    editLines(file, (lines) => swap(lines, a % lines.length, b % lines.length)),
  'dropped bytes': (file, a, b) => {
    const bytes = readFileSync(join(own, file))
    const at = a % bytes.length
    writeFileSync(join(own, file), Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + (b % 50))]))
    return true
  },
  'a cut-off end': (file, a) => {
    const bytes = readFileSync(join(own, file))
    writeFileSync(join(own, file), bytes.subarray(0, a % bytes.length))
    return true
  },
  'a dropped segment': (file) => {
    rmSync(join(own, file))
    return true
  },
  'a renamed segment': (file, a) => {
    const name = `${String(1 + (a % 40)).padStart(16, '0')}.jsonl`
    renameSync(join(own, file), join(own, name))
    return name !== file
  },
}

for (const [name, damage] of Object.entries(DAMAGES)) {
  test(`verifyLog finds ${name} anywhere`, async () => {
    await writeOnce()
    await fc.assert(
      fc.asyncProperty(fc.nat(100), fc.nat(1_000_000), fc.nat(1_000_000), async (which, a, b) => {
        restore()
        const file = [...pristine.keys()][which % pristine.size] ?? ''
        fc.pre(damage(file, a, b))
        const { firstDamage, events } = await verify()
        assert.ok(firstDamage !== undefined)
        assert.equal(firstDamage.sequence, events + 1)
        assert.equal(firstDamage.node, 'node-0')
      }),
      { numRuns: cases({ slice: 15, whole: 150 }) },
    )
  })
}

test('verifyLog finds dropped, repeated and exchanged whole batches', async () => {
  await writeOnce()
  const file = [...pristine.keys()][1] ?? ''
  const [header = '', ...lines] = (pristine.get(file) ?? Buffer.alloc(0)).toString('utf8').split(/(?<=\n)/)
  const batches: string[] = []
  let open = ''
  for (const line of lines) {
    open += line
    if (line.startsWith('{"batch"')) batches.push(open)
    if (line.startsWith('{"batch"')) open = ''
  }
  assert.ok(batches.length >= 2)
  const [first = '', second = ''] = batches
  for (const changed of [[second], [first, first, second], [second, first], []]) {
    restore()
    writeFileSync(join(own, file), header + changed.join(''))
    const { firstDamage } = await verify()
    assert.equal(firstDamage?.file === file || changed.length === 0, true)
    assert.ok(firstDamage !== undefined)
  }
})

test('verifyLog finds nothing in a whole log and counts what is there', async () => {
  await writeOnce()
  restore()
  const found = await verify()
  assert.deepEqual(
    [found.firstDamage, found.events, found.batches, found.segments, found.nodes],
    [undefined, 24, 12, pristine.size, 1],
  )
  assert.deepEqual([found.unfinished, found.withoutHead], [[], []])
})

test('verifyLog reports an unfinished last batch beyond the head, and not as damage', async () => {
  await writeOnce()
  restore()
  const last = [...pristine.keys()].at(-1) ?? ''
  appendFileSync(join(own, last), testEvent('half').slice(0, 30))
  const found = await verify()
  assert.equal(found.firstDamage, undefined)
  assert.deepEqual(
    found.unfinished.map(({ file, sizeBytes }) => [file, sizeBytes]),
    [[last, 30]],
  )
})

test('verifyLog finds a missing node and names nodes without a head', async () => {
  await writeOnce()
  restore()
  const head = heads.get('node-0')
  assert.ok(head !== undefined)
  const missing = await verify(new Map([...heads, ['node-1', head]]))
  assert.equal(missing.firstDamage?.node, 'node-1')
  assert.deepEqual((await verify(new Map())).withoutHead, ['node-0'])
  const other = await verify(new Map([['node-0', { ...head, mac: Buffer.alloc(32) }]]))
  assert.match(other.firstDamage?.what ?? '', /saved head/)
})

test('verifyLog fails under another key, at the first event', async () => {
  await writeOnce()
  restore()
  const found = await verifyLog({ folder: folder.path, key: hmacKey(new Uint8Array(32)), heads })
  assert.equal(found.firstDamage?.sequence, 1)
})

test('verifyLog reads batches larger than its first buffer', async () => {
  using large = testFolder()
  const saved = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: large.path, heads: saved })
  const filling = 'x'.repeat(250_000)
  await Promise.all(Array.from({ length: 20 }, (_, index) => log.append(testEvent(`${index}`, filling))))
  await log.close()
  const found = await verifyLog({ folder: large.path, key: TEST_KEY, heads: saved })
  assert.deepEqual([found.firstDamage, found.events], [undefined, 20])
})

test('verifyLog finds no damage while the log is being written', async () => {
  using busy = testFolder()
  const saved = new Map<string, AuditHead>()
  const { log } = await openTestLog({ folder: busy.path, heads: saved, segmentMaxBytes: 200_000 })
  let isWriting = true
  const write = async () => {
    for (let index = 0; isWriting; index += 1) await log.append(testEvent(`${index}`, 'x'.repeat(1000)))
  }
  const writers = Array.from({ length: 16 }, write)
  for (let events = 0; events < 1000; ) {
    const atLeast = log.sequence
    const found = await verifyLog({ folder: busy.path, key: TEST_KEY, heads: new Map(saved) })
    assert.equal(found.firstDamage, undefined)
    assert.ok(found.events >= atLeast, `${found.events} events verified, ${atLeast} were durable`)
    events = found.events
  }
  isWriting = false
  await Promise.all(writers)
  await log.close()
})
