import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'
import { parseCredentials } from './server.ts'

test('parseOptions gives the defaults of a release run', () => {
  const { suites, connections, calls, keys, rival } = parseOptions([])
  assert.deepEqual(suites, ['throughput'])
  assert.deepEqual(connections, [1, 16, 64, 256])
  assert.deepEqual([calls, keys, rival], [1_000_000, 10_000, undefined])
})

test('parseOptions prefers an explicit flag over --quick', () => {
  const { rounds, seconds } = parseOptions(['--quick', '--rounds', '4'])
  assert.deepEqual([rounds, seconds], [4, 1])
})

test('parseOptions refuses unknown flags, names and numbers beyond their limits', () => {
  const wrong = [['--bogus'], ['x'], ['--suite', 'x'], ['--operations', 'Sign'], ['--seconds', '0']]
  for (const argv of [...wrong, ['--seconds', '61'], ['--label', 'x'], ['--endpoint', 'ftp://h']]) {
    assert.throws(() => parseOptions(argv), Error, argv.join(' '))
  }
})

test('parseCredentials reads the default profile and no other', () => {
  const text =
    '[other]\naws_access_key_id = B\n[default]\naws_access_key_id = A\naws_secret_access_key=s/+=\n'
  const expected = { accessKeyId: 'A', secretAccessKey: 's/+=', region: 'eu-west-1' }
  assert.deepEqual(parseCredentials(text, 'eu-west-1'), expected)
  assert.throws(() => parseCredentials('[default]\naws_access_key_id = A\n', 'eu-west-1'))
})
