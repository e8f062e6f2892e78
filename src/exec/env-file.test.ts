import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnvFile } from './env-file.ts'

test('parseEnvFile reads names and values, quoted or not, and skips comments', () => {
  const text = [
    '\uFEFF# comment',
    '',
    'PLAIN=a b ',
    'export EXPORTED=1',
    'LITERAL=\'a \\n "b" # c\' # comment',
    'ESCAPED="a\\n\\"b\\" \\$c \\\\ \\x"',
    'NOTE=value # comment',
    'HASH=a#b',
    'EMPTY=',
    'KEPT=kms:AQ==',
    'EQUALS=a=b\r',
  ].join('\n')
  assert.deepEqual(Object.fromEntries(parseEnvFile(text)), {
    PLAIN: 'a b',
    EXPORTED: '1',
    LITERAL: 'a \\n "b" # c',
    ESCAPED: 'a\n"b" $c \\ \\x',
    NOTE: 'value',
    HASH: 'a#b',
    EMPTY: '',
    KEPT: 'kms:AQ==',
    EQUALS: 'a=b',
  })
})

test('parseEnvFile refuses what is no assignment, and repeats nothing of the line', () => {
  for (const line of ['hush', '=hush', '1A=hush', 'A-B=hush', 'A="hush', "A='hush", 'A=hu\0sh']) {
    assert.throws(
      () => parseEnvFile(`X=1\n${line}`),
      ({ message }: Error) => message.startsWith('line 2: ') && !message.includes('hu'),
      line,
    )
  }
  assert.throws(() => parseEnvFile('A=1\nA=2'), /line 2: A is set twice/)
})

test('parseEnvFile takes 10,000 variables and no more', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `V${index}=1`).join('\n')
  assert.equal(parseEnvFile(lines).size, 10_000)
  assert.throws(() => parseEnvFile(`${lines}\nONE_MORE=1`), /at most 10000 variables/)
})
