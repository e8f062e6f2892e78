import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { testFolder } from '../../test/support/test-folder.ts'
import { utf8 } from '../base/bytes.ts'
import { openSqlite } from './sqlite.ts'

/** Commits without end, 16 at a time, and prints the name of each record once it is acknowledged. */
const WRITER = `
  const { openSqlite } = await import(${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)})
  const { writeSync } = await import('node:fs')
  const [, folder, round] = process.argv
  const store = openSqlite(folder)
  async function write(writer) {
    for (let n = 0; ; n += 1) {
      const name = round + '/' + writer + '/' + n
      const one = { kind: 'key', id: Buffer.from(name + '/1'), shard: writer, expected: 0, value: Buffer.alloc(500, 1) }
      await store.commit([one, { ...one, id: Buffer.from(name + '/2') }])
      writeSync(1, name + '\\n')
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))`

const ROUNDS = 4
const ACKNOWLEDGED = 400

test('a store whose process was killed opens with all that was acknowledged, and nothing by halves', async () => {
  using folder = testFolder()
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const args = ['--input-type=module', '--eval', WRITER, folder.path, `${round}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    let lines = 0
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line)
      lines += 1
      if (lines === ACKNOWLEDGED + round * 37) child.kill('SIGKILL')
    }
    assert.deepEqual(await exited, [null, 'SIGKILL'])
    await verify(folder.path, acknowledged)
  }
  assert.ok(acknowledged.length >= ROUNDS * ACKNOWLEDGED)
})

async function verify(folder: string, acknowledged: readonly string[]): Promise<void> {
  const store = openSqlite(folder)
  for (const name of acknowledged) {
    const pair = await Promise.all([1, 2].map((n) => store.get({ kind: 'key', id: utf8(`${name}/${n}`) })))
    assert.ok(
      pair.every((record) => record?.value.length === 500),
      `${name} was acknowledged and is lost`,
    )
  }
  const records = await countRecords(folder)
  const heads = await store.feedPosition()
  let lines = 0
  for (const head of heads.values()) lines += head
  assert.equal(lines, records)
  assert.equal(records % 2, 0)
  await store.close()
}

async function countRecords(folder: string): Promise<number> {
  const store = openSqlite(folder)
  let records = 0
  let after: Uint8Array | undefined
  do {
    const query = { prefix: new Uint8Array(0), limit: 1000, ...(after === undefined ? {} : { after }) }
    const page = await store.range('key', query)
    records += page.length
    after = page.at(-1)?.id
  } while (after !== undefined)
  await store.close()
  return records
}
