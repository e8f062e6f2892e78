/** The commands that the web console shows: a shell and the AWS CLI take every value for what it is. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

type Show = (call: { readonly name: string; readonly input: object }, region: string) => string

/** The console is code of a browser, which has types of its own. */
async function loadConsole(): Promise<Show> {
  Object.assign(globalThis, { window: { location: { origin: 'http://127.0.0.1:8200' } } })
  const module: unknown = await import(new URL('../../console/src/api/cli.ts', import.meta.url).href)
  return (module as { readonly cliCommand: Show }).cliCommand
}

/** The words that a shell passes to the program. */
async function wordsOf(command: string): Promise<readonly string[]> {
  const script = `aws() { printf '%s\\0' "$@"; }\ncurl() { printf '%s\\0' "$@"; }\n${command}`
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { encoding: 'utf8' })
  return stdout.split('\0').slice(0, -1)
}

const PLACE = ['--endpoint-url=http://127.0.0.1:8200', '--region=eu-west-1']
const HOSTILE = [
  '--endpoint-url=http://evil.example',
  '-x',
  "'; touch /tmp/x; '",
  '$(id)`id`"\\',
  'two\nlines',
  '[]',
  '{}',
  'a,b',
  '',
]

test('a hostile tag key, description or name is one word and no option', async () => {
  const show = await loadConsole()
  const KeyId = 'alias/a'
  for (const text of HOSTILE) {
    const one = await wordsOf(
      show({ name: 'UntagResource', input: { KeyId, TagKeys: [text, 'b'] } }, 'eu-west-1'),
    )
    const head = ['kms', 'untag-resource', '--key-id=alias/a']
    assert.deepEqual(one, [...head, `--tag-keys=${JSON.stringify([text, 'b'])}`, ...PLACE])
    const described = { name: 'UpdateKeyDescription', input: { KeyId, Description: text } }
    const words = await wordsOf(show(described, 'eu-west-1'))
    assert.deepEqual(words.slice(2, 4), ['--key-id=alias/a', `--description=${text}`])
    const simulated = { name: 'SimulateCall', input: { PrincipalArn: text, Action: 'kms:Encrypt' } }
    const body = (await wordsOf(show(simulated, 'eu-west-1'))).find((word) => word.startsWith('{'))
    assert.deepEqual(JSON.parse(body ?? ''), simulated.input)
  }
})

test('plain lists of names are words of their own', async () => {
  const show = await loadConsole()
  const input = { KeyId: 'alias/a', TagKeys: ['team', 'aws:x', '/p.q@r+s'] }
  assert.match(show({ name: 'UntagResource', input }, 'eu-west-1'), /--tag-keys team aws:x \/p\.q@r\+s \\/)
})

test('a value that the AWS CLI would read from a file or an address is passed as JSON', async () => {
  const show = await loadConsole()
  for (const Description of [
    'file:///etc/passwd',
    'fileb://x',
    'http://evil.example',
    'https://evil.example',
  ]) {
    const input = { KeyId: 'alias/a', Description }
    const words = await wordsOf(show({ name: 'UpdateKeyDescription', input }, 'eu-west-1'))
    assert.deepEqual(words.slice(2), ['--cli-input-json', JSON.stringify(input), ...PLACE])
  }
  const Url = 'https://issuer.example'
  const provider = { name: 'CreateOpenIDConnectProvider', input: { Url, ClientIDList: ['holdfast'] } }
  const words = await wordsOf(show(provider, 'eu-west-1'))
  assert.equal(words[2], `--url=${Url}`, 'of some parameters the AWS CLI reads no address')
})
