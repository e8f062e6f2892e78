import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { parseSecrets, signatureHeaders } from './webhook-signature.ts'

const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }

function secretOf(sizeBytes: number): string {
  return `whsec_${randomBytes(sizeBytes).toString('base64')}`
}

test('signatureHeaders signs id, time and body', () => {
  // The example of the libraries of Standard Webhooks.
  const keys = parseSecrets('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n')
  assert.deepEqual(signatureHeaders(keys, MESSAGE), [
    ...['webhook-id', MESSAGE.id, 'webhook-timestamp', '1614265330'],
    ...['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ])
})

test('signatureHeaders signs with each of two secrets', () => {
  const secrets = [secretOf(24), secretOf(64)]
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signed = `${MESSAGE.id}.${MESSAGE.timestamp}.${MESSAGE.body}`
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  })
  assert.equal(signatureHeaders(parseSecrets(secrets.join('\n')), MESSAGE).at(-1), expected.join(' '))
})

for (const [what, text] of [
  ['no secret', '\n'],
  ['three secrets', [secretOf(32), secretOf(32), secretOf(32)].join('\n')],
  ['a secret of 23 bytes', secretOf(23)],
  ['a secret of 65 bytes', secretOf(65)],
  ['a secret without its prefix', randomBytes(32).toString('base64')],
  ['a secret that is not base64', 'whsec_!!!'],
] as const) {
  test(`parseSecrets refuses ${what}, and does not show it`, () => {
    assert.throws(
      () => parseSecrets(text),
      (error: Error) => text.trim() === '' || !error.message.includes(text.trim().slice(6, 20)),
    )
  })
}
