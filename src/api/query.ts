import { isUtf8 } from 'node:buffer'
import { fromUtf8 } from '../base/bytes.ts'
import { atOnce, type Steps } from '../base/slices.ts'
import { KmsError } from './errors.ts'
import type { Members, ShapeData } from './shapes.ts'

/** The media type of requests. Source: Smithy, "AWS query protocol". */
export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded'

/**
 * The most parameters of one form: a simulation of a hundred actions with a hundred condition keys has a
 * fifth of it.
 */
export const FORM_PARAMETERS_MAX = 2000
/** The most parts of one parameter's name: `ContextEntries.member.1.ContextKeyValues.member.1` has six. */
const NAME_PARTS_MAX = 12

/** The first value of a form's field, without reading all of it; for routing. */
export function findFormField(body: Uint8Array, name: string): string | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const field = `${name}=`
  const begins = text.length >= field.length && text.toString('latin1', 0, field.length) === field
  // Searched with the separator before it: a body can be full of the name alone.
  const found = begins ? 0 : text.indexOf(`&${field}`)
  if (found < 0) return undefined
  const start = found + field.length + (begins ? 0 : 1)
  const end = text.indexOf(AMPERSAND, start)
  const size = (end < 0 ? text.length : end) - start
  return size > ROUTED_MAX_BYTES ? undefined : decode(text.toString('latin1', start, start + size))
}

/** No service has a version or an operation with so long a name. */
const ROUTED_MAX_BYTES = 1024

const AMPERSAND = 0x26

/**
 * The values of these members in a form, in the shape of a JSON body.
 *
 * @throws SerializationException for text that is no form, a repeated parameter, a list without numbers or
 * a value of the wrong type.
 */
export function parseForm(members: Members, body: Uint8Array): unknown {
  return atOnce(parseFormSteps(members, body))
}

/** The same, one parameter at a time. @throws as {@link parseForm}. */
export function* parseFormSteps(members: Members, body: Uint8Array): Steps<unknown> {
  if (!isUtf8(body)) throw malformed('The request is not valid UTF-8.')
  const tree = yield* parseTree(members, fromUtf8(body))
  yield
  return readStructure(members, tree)
}

/** A parameter, and those whose names continue its own. */
type Node = { value: string | undefined; readonly children: Map<string, Node> }

/** The parameters of members; all others are ignored. */
function* parseTree(members: Members, text: string): Steps<Node> {
  const root: Node = { value: undefined, children: new Map() }
  if (text === '') return root
  const parameters = text.split('&', FORM_PARAMETERS_MAX + 1)
  if (parameters.length > FORM_PARAMETERS_MAX) {
    throw malformed(`A request must have at most ${FORM_PARAMETERS_MAX} parameters.`)
  }
  const given = new Set<string>()
  for (const parameter of parameters) {
    yield
    const equals = parameter.indexOf('=')
    const name = decode(equals < 0 ? parameter : parameter.slice(0, equals))
    if (given.has(name)) throw malformed('A parameter must be given once.')
    given.add(name)
    const parts = name.split('.', NAME_PARTS_MAX + 1)
    if (parts.length > NAME_PARTS_MAX) throw malformed('The name of a parameter has too many parts.')
    const node = nodeOf(root, parts, members)
    if (node !== undefined) node.value = equals < 0 ? '' : yield* decodeSteps(parameter.slice(equals + 1))
  }
  return root
}

/** The node of a parameter, with all nodes before it; nothing where no member has such a name. */
function nodeOf(root: Node, parts: readonly string[], members: Members): Node | undefined {
  let node = root
  let shape: ShapeData | Items | undefined = { type: 'structure', members }
  for (const part of parts) {
    shape = shape && shapeInside(shape, part)
    if (shape === undefined) return undefined
    let child = node.children.get(part)
    if (child === undefined) {
      child = { value: undefined, children: new Map() }
      node.children.set(part, child)
    }
    node = child
  }
  return node
}

/**
 * The shape behind a part of a name: a member, the `member` of a list, or one of its items, which is checked
 * later.
 */
function shapeInside(shape: ShapeData | Items, part: string): ShapeData | Items | undefined {
  switch (shape.type) {
    case 'structure':
      return Object.hasOwn(shape.members, part) ? shape.members[part]?.data : undefined
    case 'list':
      return part === 'member' ? { type: 'items', of: shape.of } : undefined
    case 'items':
      return shape.of
    default:
      return undefined
  }
}

/** The items of a list, by their numbers. */
type Items = { readonly type: 'items'; readonly of: ShapeData }

const ESCAPES = /[%+]/

/** @throws SerializationException for an invalid escape. */
function decode(text: string): string {
  if (!ESCAPES.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw malformed('The request is not a well-formed form.', { cause })
  }
}

/** Characters of a value that are decoded at once. */
const DECODED_AT_ONCE_CHARS = 65_536
/** The same, one piece at a time. @throws SerializationException for an invalid escape. */
function* decodeSteps(text: string): Steps<string> {
  if (text.length <= DECODED_AT_ONCE_CHARS) return decode(text)
  let decoded = ''
  for (let at = 0; at < text.length; ) {
    const end = endOfPiece(text, at + DECODED_AT_ONCE_CHARS)
    decoded += decode(text.slice(at, end))
    at = end
    yield
  }
  return decoded
}

const CONTINUATION = /^%[89ABab]/

/** A place from which a value can be cut: within no escape, and within no character. */
function endOfPiece(text: string, from: number): number {
  let end = from
  if (text[end - 1] === '%') end += 2
  else if (text[end - 2] === '%') end += 1
  while (CONTINUATION.test(text.slice(end, end + 2))) end += 3
  return end
}

function readStructure(members: Members, node: Node): unknown {
  const values: Record<string, unknown> = {}
  for (const name in members) {
    const member = members[name]
    const child = node.children.get(name)
    if (member !== undefined && child !== undefined) values[name] = readValue(member.data, child)
  }
  return values
}

function readValue(shape: ShapeData, node: Node): unknown {
  switch (shape.type) {
    case 'text':
    case 'enum':
    case 'blob':
      return node.value
    case 'integer':
      return readInteger(node.value)
    case 'boolean':
      return readBoolean(node.value)
    case 'list':
      return readList(shape.of, node)
    case 'structure':
      return readStructure(shape.members, node)
    case 'timestamp':
    case 'map':
      throw malformed(`A ${shape.type} cannot be given here.`)
  }
}

const INTEGER = /^-?[0-9]{1,15}$/

function readInteger(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  if (!INTEGER.test(value)) throw malformed('A whole number is expected.')
  return Number(value)
}

function readBoolean(value: string | undefined): boolean | undefined {
  switch (value?.toLowerCase()) {
    case undefined:
    case '':
      return undefined
    case 'true':
      return true
    case 'false':
      return false
    default:
      throw malformed("'true' or 'false' is expected.")
  }
}

const POSITION = /^[1-9][0-9]{0,5}$/

/** `X=` is an empty list, `X.member.1=…` a list; gaps between the numbers mean nothing. */
function readList(of: ShapeData, node: Node): readonly unknown[] | undefined {
  const items = node.children.get('member')
  if (items === undefined) return node.value === '' ? [] : undefined
  const numbered = [...items.children].map(([position, item]) => {
    if (!POSITION.test(position)) throw malformed('The members of a list must be numbered from 1.')
    return { position: Number(position), item }
  })
  numbered.sort((one, other) => one.position - other.position)
  return numbered.map(({ item }) => readValue(of, item) ?? '')
}

function malformed(message: string, options?: ErrorOptions): KmsError {
  return new KmsError('SerializationException', message, options)
}
