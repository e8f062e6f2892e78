import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { parseStore, parseStoreText } from './store-settings.ts'

const PLAIN = {
  ...{ engine: 'postgres', port: 5432, database: 'keys', user: 'holdfast' },
  ...{ caFile: undefined, fleet: false },
}

const VALID: Readonly<Record<string, object>> = {
  embedded: { engine: 'embedded' },
  'postgres://holdfast@db.example/keys': { ...PLAIN, host: 'db.example', tls: true },
  'postgresql://holdfast@db.example:6432/keys?sslmode=verify-full': {
    ...PLAIN,
    ...{ host: 'db.example', port: 6432, tls: true },
  },
  'postgres://holdfast@db.example/keys?sslrootcert=/etc/ca.pem': {
    ...PLAIN,
    ...{ host: 'db.example', tls: true, caFile: '/etc/ca.pem' },
  },
  'postgres://holdfast@db.example/keys?fleet=on': { ...PLAIN, host: 'db.example', tls: true, fleet: true },
  'postgres://holdfast@[2001:db8::1]/keys': { ...PLAIN, host: '2001:db8::1', tls: true },
  'postgres://holdfast@127.0.0.1/keys': { ...PLAIN, host: '127.0.0.1', tls: true },
  'postgres://holdfast@127.0.0.1/keys?sslmode=disable': { ...PLAIN, host: '127.0.0.1', tls: false },
  'postgres://holdfast@localhost/keys?sslmode=disable': { ...PLAIN, host: 'localhost', tls: false },
  'postgres:///keys?host=/run/postgresql&user=holdfast': { ...PLAIN, host: '/run/postgresql', tls: false },
  'postgres://a%40b@db.example/k%20x': {
    ...PLAIN,
    host: 'db.example',
    tls: true,
    user: 'a@b',
    database: 'k x',
  },
}

for (const [text, store] of Object.entries(VALID)) {
  test(`a store can be ${text}`, () => assert.deepEqual(parseStoreText(text), store))
}

const INVALID: readonly string[] = [
  '',
  'sqlite',
  'Embedded',
  'mysql://holdfast@db.example/keys',
  'postgres://db.example/keys',
  'postgres://holdfast@db.example',
  'postgres://holdfast@db.example/',
  'postgres://holdfast@db.example/keys/more',
  'postgres://holdfast@db.example/a%2Fb',
  'postgres://holdfast@db.example/%zz',
  'postgres://holdfast:secret@db.example/keys',
  'postgres://holdfast@db.example/keys#part',
  'postgres://holdfast@db.example/keys?sslmode=disable',
  'postgres://holdfast@db.example/keys?sslmode=require',
  'postgres://holdfast@db.example/keys?sslmode=verify-ca',
  'postgres://holdfast@db.example/keys?sslmode=prefer',
  'postgres://holdfast@127.0.0.1.evil.example/keys?sslmode=disable',
  'postgres://holdfast@localhost/keys?sslmode=disable&sslrootcert=/etc/ca.pem',
  'postgres://holdfast@db.example/keys?sslrootcert=',
  'postgres://holdfast@db.example/keys?sslmode=verify-full&sslmode=disable',
  'postgres://holdfast@db.example/keys?application_name=x',
  'postgres://holdfast@db.example/keys?fleet=off',
  'postgres://holdfast@db.example/keys?fleet=',
  'postgres://holdfast@db.example/keys?host=/run/postgresql',
  'postgres:///keys?host=run/postgresql&user=holdfast',
  'postgres:///keys?host=/run/postgresql&user=holdfast&sslmode=verify-full',
  'postgres:///keys?host=/run/postgresql&user=',
  'postgres:///keys?host=/run/postgresql',
  'postgres:///keys?user=holdfast',
  'postgres://holdfast@db.example/keys?user=other',
]

for (const text of INVALID) {
  test(`a store cannot be '${text}'`, () => assert.equal(parseStoreText(text), undefined))
}

test('parseStore takes a password file', () => {
  const file = { HOLDFAST_STORE_PASSWORD_FILE: '/run/password' }
  const environment = { ...file, HOLDFAST_STORE: 'postgres://holdfast@db.example/keys' }
  assert.deepEqual(parseStore({ flags: {}, environment }), {
    ...{ ...PLAIN, host: 'db.example', tls: true },
    passwordFile: '/run/password',
  })
})

test('parseStore repeats no password in its message', () => {
  const environment = { HOLDFAST_STORE: 'postgres://holdfast:hunter2@db.example/keys' }
  assert.throws(
    () => parseStore({ flags: {}, environment }),
    (error: unknown) => error instanceof ConfigError && !error.message.includes('hunter2'),
  )
})
