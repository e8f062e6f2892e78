import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORM_PARAMETERS_MAX, findFormField, parseForm } from './query.ts'
import { blob, boolean, integer, list, optional, structure, text } from './shapes.ts'

const TAG = structure({ Key: text(), Value: text() })
const MEMBERS = {
  Name: optional(text()),
  Count: optional(integer()),
  Flag: optional(boolean()),
  Bytes: optional(blob()),
  Tags: optional(list(TAG)),
  Names: optional(list(text())),
}

const read = (form: string): unknown => parseForm(MEMBERS, Buffer.from(form))

function refuses(form: string): void {
  assert.throws(() => read(form), { code: 'SerializationException' }, form)
}

test('a form gives texts, numbers, booleans and bytes as a JSON body would', () => {
  const form = 'Action=X&Name=a+b%2B%C3%A9&Count=-7&Flag=true&Bytes=AAE%3D'
  assert.deepEqual(read(form), { Name: 'a b+é', Count: -7, Flag: true, Bytes: 'AAE=' })
})

test('a form gives lists in the order of their numbers, whatever their order in the text', () => {
  const form = 'Tags.member.10.Key=b&Tags.member.2.Value=1&Tags.member.2.Key=a&Tags.member.10.Value='
  assert.deepEqual(read(form), {
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ],
  })
})

test('a list without members is empty, and an empty number or boolean is none', () => {
  assert.deepEqual(read('Names=&Count=&Flag='), { Names: [], Count: undefined, Flag: undefined })
})

test('a form refuses what is no form, or says two things', () => {
  refuses('Name=%ZZ')
  refuses('Name=%FF')
  refuses('Name=a&Name=b')
  refuses('Action=A&Action=B')
  refuses('Count=1.5')
  refuses('Flag=yes')
  refuses('Names.member.0=a')
  refuses('Names.member.x=a')
  refuses('a.b.c.d.e.f.g.h.i.j.k.l.m=1')
  assert.throws(() => parseForm(MEMBERS, Uint8Array.of(0xff)), { code: 'SerializationException' })
})

test('a form has at most 2,000 parameters', () => {
  const form = (count: number): string => Array.from({ length: count }, (_, at) => `p${at}=`).join('&')
  assert.deepEqual(read(form(FORM_PARAMETERS_MAX)), {})
  refuses(form(FORM_PARAMETERS_MAX + 1))
})

test('a name from outside cannot reach the prototype of anything', () => {
  assert.deepEqual(read('__proto__.member.1=x&constructor=y&Name=z'), { Name: 'z' })
})

test('findFormField finds a field by its whole name', () => {
  const find = (form: string): string | undefined => findFormField(Buffer.from(form), 'Action')
  assert.equal(find('Action=A&Version=1'), 'A')
  assert.equal(find('Version=1&Action=A%20b'), 'A b')
  assert.equal(find('XAction=B&Action=A'), 'A')
  assert.equal(find('XAction=B'), undefined)
  assert.equal(find(''), undefined)
})

test('a long value is decoded in pieces that cut no escape and no character apart', () => {
  for (const character of ['a', '\u00e9', '\u6f22', '\u{1f511}', '%', '+']) {
    for (let before = 0; before < 12; before += 1) {
      const value = `${'x'.repeat(before)}${character.repeat(20_000)}`
      assert.deepEqual(read(`Name=${encodeURIComponent(value)}`), { Name: value })
    }
  }
  refuses(`Name=${'%80'.repeat(30_000)}`)
  refuses(`Name=${'x'.repeat(70_000)}%`)
})

test('parameters that lead to nothing that is declared are ignored', () => {
  const form =
    'Name.1=x&Tags.member.1.Other.member.1=x&Tags.other.1.Key=x&Count.member.1=x&Tags.member.1.Key=a'
  assert.deepEqual(read(form), { Name: undefined, Count: undefined, Tags: [{ Key: 'a' }] })
})

test('findFormField finds a field among many that only end like it', () => {
  const many = Buffer.from(`${'xAction='.repeat(1000)}&Action=Real&Action=Second`)
  assert.equal(findFormField(many, 'Action'), 'Real')
  assert.equal(findFormField(Buffer.from('Action=First&Action=Second'), 'Action'), 'First')
  assert.equal(findFormField(Buffer.from(`Action=${'a'.repeat(2000)}`), 'Action'), undefined)
  assert.equal(findFormField(Buffer.from('Act'), 'Action'), undefined)
})
