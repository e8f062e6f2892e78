import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './setting.ts'
import { ENDPOINTS_MAX, parseWebhooks } from './webhooks-file.ts'

const URL_PREFIX = 'https://events.example/'

function file(...endpoints: readonly object[]): string {
  return JSON.stringify({
    endpoints: endpoints.map((endpoint) => ({ url: URL_PREFIX, secretFile: 'secret', ...endpoint })),
  })
}

test('parseWebhooks gives what is left out its default', () => {
  assert.deepEqual(parseWebhooks(file({})), [
    {
      url: URL_PREFIX,
      secretFile: 'secret',
      caFile: undefined,
      patterns: undefined,
      retry: { firstDelayMs: 5000, maxAttempts: 20, maxAgeHours: 24, timeoutMs: 10_000 },
    },
  ])
})

test('parseWebhooks reads patterns and retries', () => {
  const events = [{ source: ['aws.kms'] }, { 'detail-type': ['Test', 'Integrity Alarm'] }, {}]
  const [endpoint] = parseWebhooks(
    file({ events, caFile: 'ca.pem', retry: { maxAttempts: 1, timeoutMs: 100 } }),
  )
  assert.deepEqual(endpoint?.patterns, [
    { sources: ['aws.kms'] },
    { detailTypes: ['Test', 'Integrity Alarm'] },
    {},
  ])
  assert.equal(endpoint?.caFile, 'ca.pem')
  assert.deepEqual(endpoint?.retry, { firstDelayMs: 5000, maxAttempts: 1, maxAgeHours: 24, timeoutMs: 100 })
})

for (const url of ['http://127.0.0.1:9/x', 'http://localhost/', 'http://[::1]:9/', 'https://10.0.0.1/?a=b']) {
  test(`parseWebhooks takes ${url}`, () => assert.equal(parseWebhooks(file({ url }))[0]?.url, url))
}

const many = (count: number): string =>
  file(...Array.from({ length: count }, (_, at) => ({ url: `${URL_PREFIX}${at}` })))

test(`parseWebhooks takes ${ENDPOINTS_MAX} endpoints`, () => {
  assert.equal(parseWebhooks(many(ENDPOINTS_MAX)).length, ENDPOINTS_MAX)
})

for (const [what, text, message] of [
  ['what is not JSON', '{', /^not JSON: line 1, column 2$/],
  ['another member', JSON.stringify({ endpoints: [], more: 1 }), /^the file: unknown member 'more'/],
  ['no endpoints', JSON.stringify({ endpoints: [] }), /^endpoints: expected a list of 1 to 32$/],
  ['too many endpoints', many(ENDPOINTS_MAX + 1), /^endpoints: expected a list of 1 to 32$/],
  ['the same URL twice', file({}, {}), /^two endpoints have the same url$/],
  [
    'plain HTTP',
    file({ url: 'http://10.0.0.1/' }),
    /^endpoints\[0\]\.url: expected https, or http to a loopback/,
  ],
  ['a host that only looks local', file({ url: 'http://127.0.0.1.example/' }), /expected https/],
  ['another scheme', file({ url: 'file:///etc/passwd' }), /expected https/],
  ['a password', file({ url: 'https://a:b@events.example/' }), /without user, password/],
  ['what is not a URL', file({ url: 'events' }), /expected a URL of at most 2048 characters$/],
  ['a URL that is too long', file({ url: URL_PREFIX + 'x'.repeat(2048) }), /expected a URL of at most 2048/],
  ['no secret', file({ secretFile: undefined }), /^endpoints\[0\]\.secretFile: expected a path$/],
  ['an unknown member', file({ header: 'x' }), /^endpoints\[0\]: unknown member 'header'/],
  [
    'an unknown pattern',
    file({ events: [{ region: ['x'] }] }),
    /^endpoints\[0\]\.events\[0\]: unknown member 'region'/,
  ],
  ['a pattern of nothing', file({ events: [{ source: [] }] }), /source: expected a list of 1 to 32$/],
  [
    'a pattern of numbers',
    file({ events: [{ source: [1] }] }),
    /source: expected strings of 1 to 256 characters$/,
  ],
  ['no attempts', file({ retry: { maxAttempts: 0 } }), /maxAttempts: expected a whole number from 1 to 100$/],
  [
    '101 attempts',
    file({ retry: { maxAttempts: 101 } }),
    /maxAttempts: expected a whole number from 1 to 100$/,
  ],
  [
    'half a second',
    file({ retry: { timeoutMs: 0.5 } }),
    /timeoutMs: expected a whole number from 100 to 60000$/,
  ],
] as const) {
  test(`parseWebhooks refuses ${what}`, () => {
    assert.throws(
      () => parseWebhooks(text),
      (error) => error instanceof ConfigError && message.test(error.message),
    )
  })
}
