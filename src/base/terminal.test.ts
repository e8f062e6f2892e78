import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TypedLine } from './terminal.ts'

function typed(text: string, maxBytes = 64): { readonly ended: string | undefined; readonly line: string } {
  const line = new TypedLine(maxBytes)
  const ended = line.type(Buffer.from(text))
  return { ended, line: line.take().reveal((bytes) => Buffer.from(bytes).toString('utf8')) }
}

test('a line ends at a return or a line feed, and at the end or an interrupt it has no value', () => {
  assert.deepEqual(typed('word\rmore'), { ended: 'line', line: 'word' })
  assert.deepEqual(typed('word\n'), { ended: 'line', line: 'word' })
  for (const key of ['\u0003', '\u0004']) assert.equal(typed(`word${key}`).ended, 'end')
  assert.equal(typed('word').ended, undefined)
})

test('a person erases whole characters, and the line', () => {
  assert.equal(typed('Zü\u007fu\r').line, 'Zu')
  assert.equal(typed('a😀\u0008b\r').line, 'ab')
  assert.equal(typed('\u007f\u007fa\r').line, 'a')
  assert.equal(typed('wrong\u0015right\r').line, 'right')
})

test('a line has at most its number of bytes', () => {
  assert.deepEqual(typed('abcd\r', 4), { ended: 'line', line: 'abcd' })
  assert.equal(typed('abcde\r', 4).ended, 'end')
})

test('a line that was cleared has nothing left', () => {
  const line = new TypedLine(8)
  line.type(Buffer.from('secret'))
  line.clear()
  assert.equal(line.take().sizeBytes, 0)
})
