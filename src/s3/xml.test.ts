import assert from 'node:assert/strict'
import { test } from 'node:test'
import { children, formatXml, parseXml, textOf } from './xml.ts'

test('a document becomes elements with their text', () => {
  const text =
    '<?xml version="1.0"?><x:Delete xmlns:x="urn:x"><Object><Key> a&amp;b </Key></Object><Object><Key><![CDATA[<c>]]></Key></Object></x:Delete>'
  const document = parseXml(text, 'Delete')
  assert.deepEqual(
    children(document, 'Object').map((object) => object.children[0]?.text),
    [' a&b ', '<c>'],
  )
  assert.equal(textOf(document, 'Quiet'), undefined)
})

test('what is not well formed, has a document type or another root is refused', () => {
  const bomb = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><a>&d;</a>'
  const external = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
  const deep = '<a>'.repeat(20) + '</a>'.repeat(20)
  for (const text of [
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><a/>',
    '<a>&unknown;</a>',
    '<b/>',
    bomb,
    external,
    deep,
  ]) {
    assert.throws(() => parseXml(text, 'a'), { name: 'S3Error', code: 'MalformedXML' }, text)
  }
})

test('values are escaped, lists repeat their element, and absent members are left out', () => {
  const text = formatXml('R', { A: 'x<y', B: [1, { C: true }], D: undefined, E: {} })
  assert.equal(
    text,
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><A>x&lt;y</A><B>1</B><B><C>true</C></B><E></E></R>',
  )
})
