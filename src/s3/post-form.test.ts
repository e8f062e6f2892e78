import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundaryOf, readForm } from './post-form.ts'

const BOUNDARY = '----form'

async function* inPieces(body: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body, 'latin1')
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

type Read = {
  readonly fields: Readonly<Record<string, string>>
  readonly name: string
  readonly file: string
}

async function read(body: string, length = 1_000_000): Promise<Read> {
  const { fields, file } = await readForm(inPieces(body, length), BOUNDARY)
  const pieces: Buffer[] = []
  for await (const piece of file.pieces) pieces.push(Buffer.from(piece))
  return {
    fields: Object.fromEntries(fields),
    name: file.name,
    file: Buffer.concat(pieces).toString('latin1'),
  }
}

const part = (disposition: string, value: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`
const FILE = part('name="file"; filename="a.txt"', 'bytes')
const END = `--${BOUNDARY}--\r\n`

test('a form is read as it was sent, in pieces of any length', async () => {
  const content = `\r\n--\r\n----for\r\n------for\r\n--${BOUNDARY.slice(0, -1)}\r\n-\x00\xff\r`
  const body =
    part('name="Key"', 'a/$b') +
    part('name=plain', '') +
    part('name="file"; filename="C:\\folder\\a \\"b\\".txt"', content) +
    part('name="late"', 'ignored') +
    END
  for (const length of [1, 2, 7, 64, 100_000]) {
    assert.deepEqual(await read(body, length), {
      fields: { key: 'a/$b', plain: '' },
      name: 'a "b".txt',
      file: content,
    })
  }
})

test('an empty file is one', async () => {
  assert.equal((await read(part('name="file"; filename=""', '') + END)).file, '')
})

const MALFORMED: Readonly<Record<string, string>> = {
  'no bytes': '',
  'another boundary': FILE.replace(BOUNDARY, 'other') + END,
  'bytes before the first boundary': `x${FILE}${END}`,
  'no end': FILE,
  'an end inside the last boundary': FILE + END.slice(0, -4),
  'bytes after a boundary': `--${BOUNDARY} x\r\n${FILE}${END}`,
  'a part without headers': `--${BOUNDARY}\r\n\r\nvalue\r\n${FILE}${END}`,
  'a header without a colon': `--${BOUNDARY}\r\nContent-Disposition\r\n\r\nvalue\r\n${FILE}${END}`,
  'another disposition': `--${BOUNDARY}\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n${FILE}${END}`,
  'two dispositions': `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"\r\n\r\nv\r\n${FILE}${END}`,
  'two names': part('name="a"; name="b"', 'v') + FILE + END,
  'no name': part('filename="b"', 'v') + FILE + END,
  'an empty name': part('name=""', 'v') + FILE + END,
  'an open quotation': part('name="a', 'v') + FILE + END,
  'a field twice': part('name="a"', 'v') + part('name="A"', 'v') + FILE + END,
  'a value that is not UTF-8': part('name="a"', '\xff') + FILE + END,
  'a value with a zero': part('name="a"', '\0') + FILE + END,
  'much after the file': FILE + END + 'x'.repeat(30_000),
}

for (const [what, body] of Object.entries(MALFORMED)) {
  test(`a form is refused: ${what}`, async () => {
    for (const length of [5, 100_000])
      await assert.rejects(read(body, length), { code: 'MalformedPOSTRequest' })
  })
}

test('the fields before the file are limited together, and in number', async () => {
  const tooLarge = { code: 'MaxPostPreDataLengthExceededError' }
  await assert.rejects(read(part('name="a"', 'x'.repeat(20_480)) + FILE + END, 1_000), tooLarge)
  await assert.rejects(read(part(`name="a"; x="${'x'.repeat(20_480)}"`, '') + FILE + END, 1_000), tooLarge)
  const many = Array.from({ length: 101 }, (_, at) => part(`name=${at}`, '')).join('')
  await assert.rejects(read(many + FILE + END), tooLarge)
  const file = 'x'.repeat(100_000)
  assert.equal((await read(part('name="file"; filename="a"', file) + END)).file, file)
})

test('a form without a file is refused', async () => {
  const none = { code: 'IncorrectNumberOfFilesInPostRequest' }
  await assert.rejects(read(part('name="a"', 'v') + END), none)
})

test('the boundary is that of the content type', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=a-b'), 'a-b')
  assert.equal(boundaryOf('Multipart/Form-Data;boundary="a b"'), 'a b')
  assert.equal(boundaryOf('multipart/form-data; charset=utf-8; boundary=ab'), 'ab')
  for (const text of [
    undefined,
    'text/plain',
    'multipart/mixed; boundary=a',
    'multipart/form-datax; boundary=a',
  ]) {
    assert.throws(() => boundaryOf(text), { code: 'PreconditionFailed' })
  }
  for (const boundary of [
    '',
    'boundary=',
    'boundary=""',
    `boundary=${'a'.repeat(71)}`,
    'boundary="a "',
    'boundary=a; boundary=b',
  ]) {
    assert.throws(
      () => boundaryOf(`multipart/form-data; ${boundary}`),
      { code: 'MalformedPOSTRequest' },
      boundary,
    )
  }
})
