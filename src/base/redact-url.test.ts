import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redactUrl } from './redact-url.ts'

test('redactUrl removes user, password, query and fragment', () => {
  for (const [text, shown] of [
    ['https://user:secret@collector.example:4318/otlp', 'https://***@collector.example:4318/otlp'],
    ['https://secret@collector.example', 'https://***@collector.example'],
    ['https://user:se/cr?e#t@collector.example', 'https://***@collector.example'],
    ['https://user:sec@ret@collector.example', 'https://***@collector.example'],
    ['user:secret@collector.example:4318', '***@collector.example:4318'],
    ['postgres://user:secret@a,b', 'postgres://***@a,b'],
    ['https://collector.example/?token=secret', 'https://collector.example/?***'],
    ['https://collector.example/#secret', 'https://collector.example/#***'],
    ['https://user:se\ncret@collector.example', 'https://***@collector.example'],
  ] as const) {
    assert.equal(redactUrl(text), shown)
  }
})

test('redactUrl leaves texts that are no URL as they are', () => {
  for (const text of [
    '',
    '127.0.0.1:7600',
    '[::1]:7600',
    './da?ta#1',
    'us-east-1',
    'http://127.0.0.1:4318',
  ]) {
    assert.equal(redactUrl(text), text)
  }
})
