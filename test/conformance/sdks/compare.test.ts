/** The comparison finds what an SDK would lose, add or take for something else. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, sentError, sentMembers } from './compare.ts'
import type { Typed } from './driver.ts'

const STRICT = { zeros: false }
const exchange = (contentType: string, body: string) => ({ contentType, body, status: 200, requestId: 'r' })

function json(typed: Typed, sent: object, spelling = STRICT): readonly string[] {
  const wire = sentMembers(exchange('application/x-amz-json-1.1', JSON.stringify(sent)), 'Op')
  return differences(typed, wire, spelling)
}

function xml(typed: Typed, result: string, spelling = STRICT): readonly string[] {
  const body = `<OpResponse xmlns="x"><OpResult>${result}</OpResult><ResponseMetadata/></OpResponse>`
  return differences(
    typed,
    sentMembers(exchange('text/xml', body.replace('<ResponseMetadata/>', '')), 'Op'),
    spelling,
  )
}

test('what was sent is what was typed, in JSON', () => {
  const sent = { A: 'a', B: 'AAE=', C: 1.5, D: [{ E: true }], F: {}, G: [], listed: 2 }
  const typed = { A: 'a', B: { $blob: 'AAE=' }, C: { $time: 1.5 }, D: [{ E: true }], F: {}, G: [], Listed: 2 }
  assert.deepEqual(json(typed, sent), [])
  assert.deepEqual(json({ ...typed, H: null, I: [] }, sent), [])
  assert.deepEqual(json({ ...typed, H: false, I: 0 }, sent, { zeros: true }), [])
})

test('what was lost, added or changed is found, in JSON', () => {
  const sent = { A: 'a', B: 'AAE=', C: 1.5, D: [{ E: true }] }
  const typed = { A: 'a', B: { $blob: 'AAE=' }, C: { $time: 1.5 }, D: [{ E: true }] }
  const wrong: readonly (readonly [Typed, string])[] = [
    [{ ...typed, A: null }, '.A'],
    [{ ...typed, A: 'b' }, '.A'],
    [{ ...typed, B: { $blob: 'AAA=' } }, '.B'],
    [{ ...typed, C: { $time: 1.6 } }, '.C'],
    [{ ...typed, D: [] }, '.D'],
    [{ ...typed, D: [{ E: 'true' }] }, '.D.0.E'],
    [{ ...typed, D: [{}] }, '.D.0.E'],
    [{ ...typed, X: 0 }, '.X'],
  ]
  for (const [value, at] of wrong) {
    assert.deepEqual(
      json(value, sent).map((found) => found.slice(0, found.indexOf(':'))),
      [at],
    )
  }
})

test('what was sent is what was typed, in XML', () => {
  const sent =
    '<A>a &amp; b</A><B>AAE=</B><C>2026-11-25T04:03:40Z</C><D><member><E>true</E></member></D><F>3</F>' +
    '<G></G><H><entry><key>k</key><value>2</value></entry></H><P>%7B%22a%22%3A1%7D</P>'
  const typed = {
    A: 'a & b',
    B: { $blob: 'AAE=' },
    C: { $time: Date.UTC(2026, 10, 25, 4, 3, 40) / 1000 },
    D: [{ E: true }],
    F: 3,
    G: [],
    H: { k: 2 },
    P: '%7B%22a%22%3A1%7D',
  }
  assert.deepEqual(xml(typed, sent), [])
  assert.deepEqual(xml({ ...typed, P: { a: 1 } }, sent), [])
  for (const [change, at] of [
    [{ A: 'a &amp; b' }, '.A'],
    [{ C: null }, '.C'],
    [{ C: { $time: 0 } }, '.C'],
    [{ D: [{ E: false }] }, '.D.0.E'],
    [{ H: {} }, '.H.k'],
    [{ P: { a: 2 } }, '.P'],
    [{ Q: 'q' }, '.Q'],
  ] as const) {
    const found = xml({ ...typed, ...change }, sent)
    assert.equal(found.length, 1)
    assert.ok(found[0]?.startsWith(`${at}:`), String(found))
  }
})

test('an error is read in either language', () => {
  const error = { code: 'C', message: 'm "x"' }
  assert.deepEqual(sentError(exchange('x', '{"__type":"C","message":"m \\"x\\""}')), error)
  assert.deepEqual(sentError(exchange('x', '{"__type":"C","Message":"m \\"x\\""}')), error)
  const text =
    '<ErrorResponse><Error><Code>C</Code><Message>m &quot;x&quot;</Message></Error></ErrorResponse>'
  assert.deepEqual(sentError(exchange('text/xml', text)), error)
})
