import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeXml, formatXmlError, formatXmlOutput } from './xml.ts'

const FACTS = { namespace: 'https://x/', requestId: 'r' }
const METADATA = '<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>'

test('an output becomes elements, lists become members, and maps entries', () => {
  const output = {
    A: 'x<y',
    B: 1,
    C: true,
    D: ['a', { E: 'b' }],
    F: [],
    G: new Map([['k', 2]]),
    H: undefined,
    I: Uint8Array.of(0, 1),
    J: new Date(1_700_000_000_999),
  }
  assert.equal(
    formatXmlOutput('Op', output, FACTS),
    '<OpResponse xmlns="https://x/"><OpResult><A>x&lt;y</A><B>1</B><C>true</C>' +
      '<D><member>a</member><member><E>b</E></member></D><F></F>' +
      '<G><entry><key>k</key><value>2</value></entry></G><I>AAE=</I><J>2023-11-14T22:13:20Z</J></OpResult>' +
      `${METADATA}</OpResponse>`,
  )
})

test('an operation without output answers only its request id', () => {
  assert.equal(
    formatXmlOutput('Op', undefined, FACTS),
    `<OpResponse xmlns="https://x/">${METADATA}</OpResponse>`,
  )
})

test('an error says whose fault it is', () => {
  const error = { code: 'NoSuchEntity', message: 'no "x"', fault: 'client' } as const
  assert.equal(
    formatXmlError(error, FACTS),
    '<ErrorResponse xmlns="https://x/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>' +
      '<Message>no &quot;x&quot;</Message></Error><RequestId>r</RequestId></ErrorResponse>',
  )
  assert.match(formatXmlError({ ...error, fault: 'server' }, FACTS), /<Type>Receiver</)
})

test('escapeXml leaves nothing that XML cannot hold or would read as markup', () => {
  assert.equal(escapeXml('\u0000\u001f\ud800\ufffe'), '\ufffd\ufffd\ufffd\ufffd')
  assert.equal(escapeXml('\t\n\r😀&'), '\t\n&#xD;😀&amp;')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeXml(text)
      assert.doesNotMatch(escaped, /[<>"]|&(?!(?:amp|lt|gt|quot|#xD);)/)
      assert.ok(escaped.isWellFormed())
    }),
  )
})
