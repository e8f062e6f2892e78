import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { parseSignInFile } from './sign-in-file.ts'

const PROVIDER = { name: 'SSO', account: '000000000000', issuer: 'https://sso.example', clientId: 'console' }

function file(more: object = {}, ...providers: readonly object[]): string {
  return JSON.stringify({
    consoleUrl: 'https://kms.example:7600',
    providers: providers.length === 0 ? [PROVIDER] : providers.map((one) => ({ ...PROVIDER, ...one })),
    ...more,
  })
}

test('parseSignInFile gives what is left out its default', () => {
  assert.deepEqual(parseSignInFile(file()), {
    consoleUrl: 'https://kms.example:7600',
    providers: [
      { ...PROVIDER, id: undefined, clientSecretFile: undefined, scopes: [], sessionNameClaim: 'sub' },
    ],
  })
})

test('parseSignInFile takes several providers with redirect URIs of their own', () => {
  const ids = parseSignInFile(file({}, {}, { id: 'second', name: 'Second' })).providers.map(({ id }) => id)
  assert.deepEqual(ids, [undefined, 'second'])
})

test('parseSignInFile keeps an issuer as it is written', () => {
  for (const issuer of ['https://sso.example', 'https://sso.example/', 'https://sso.example/realms/team']) {
    assert.equal(parseSignInFile(file({}, { issuer })).providers[0]?.issuer, issuer)
  }
})

test('parseSignInFile takes the origin of this machine without TLS', () => {
  for (const consoleUrl of ['http://127.0.0.1:7600', 'http://localhost:7600', 'http://[::1]:7600']) {
    assert.equal(parseSignInFile(file({ consoleUrl })).consoleUrl, consoleUrl)
  }
})

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['no JSON', /./],
  [file({ more: 1 }), /unknown member 'more'/],
  [file({ providers: [] }), /providers: expected a list of 1 to 16/],
  [file({ consoleUrl: 'http://kms.example' }), /consoleUrl: expected/],
  [file({ consoleUrl: 'https://kms.example/console' }), /consoleUrl: expected/],
  [file({ consoleUrl: 'https://kms.example:443' }), /consoleUrl: expected/],
  [file({ consoleUrl: 'https://KMS.example' }), /consoleUrl: expected/],
  [file({}, {}, {}), /two providers have the same name/],
  [file({}, {}, { name: 'Other' }), /two providers have the same id, or none/],
  [file({}, { id: 'one' }, { id: 'one', name: 'Other' }), /two providers have the same id/],
  [file({}, { id: '' }), /\[0\]\.id: expected/],
  [file({}, { id: 'a/b' }), /\[0\]\.id: expected/],
  [file({}, { id: 'x'.repeat(33) }), /\[0\]\.id: expected/],
  [file({}, { name: '' }), /\[0\]\.name: expected/],
  [file({}, { name: 'x'.repeat(65) }), /\[0\]\.name: expected/],
  [file({}, { name: 'a\u202eb' }), /\[0\]\.name: expected/],
  [file({}, { account: '1' }), /\[0\]\.account: expected 12 digits/],
  [file({}, { issuer: 'http://sso.example' }), /\[0\]\.issuer: expected/],
  [file({}, { issuer: 'https://sso.example?x=1' }), /\[0\]\.issuer: expected/],
  [file({}, { issuer: 'https://user@sso.example' }), /\[0\]\.issuer: expected/],
  [file({}, { issuer: 'https://sso.example/#x' }), /\[0\]\.issuer: expected/],
  [file({}, { clientId: '' }), /\[0\]\.clientId: expected/],
  [file({}, { clientId: 'x'.repeat(256) }), /\[0\]\.clientId: expected at most 255/],
  [file({}, { clientSecretFile: '' }), /\[0\]\.clientSecretFile: expected a path/],
  [file({}, { clientSecret: 'x' }), /unknown member 'clientSecret'/],
  [file({}, { scopes: ['a b'] }), /\[0\]\.scopes: expected/],
  [file({}, { sessionNameClaim: 'a b' }), /\[0\]\.sessionNameClaim: expected/],
]

for (const [text, message] of WRONG) {
  test(`parseSignInFile refuses ${text.slice(0, 200)}`, () => {
    assert.throws(
      () => parseSignInFile(text),
      (error) => error instanceof ConfigError && message.test(error.message),
    )
  })
}
