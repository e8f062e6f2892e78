import { isUtf8 } from 'node:buffer'
import { fromUtf8 } from '../base/bytes.ts'
import { KmsError } from './errors.ts'
import type { Members, ShapeData } from './shapes.ts'

/** The media type of requests. Source: Smithy, "AWS query protocol". */
export const FORM_MEDIA_TYPE = 'application/x-www-form-urlencoded'

/** Parameters of one form: a simulation of a hundred actions with a hundred condition keys has a fifth of it. */
export const FORM_PARAMETERS_MAX = 2000
/** Parts of one parameter's name: `ContextEntries.member.1.ContextKeyValues.member.1` has six. */
const NAME_PARTS_MAX = 12

/** The first value of a field of a form, without reading all of it; for routing. */
export function findFormField(body: Uint8Array, name: string): string | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const field = Buffer.from(`${name}=`)
  for (let at = text.indexOf(field); at >= 0; at = text.indexOf(field, at + 1)) {
    if (at > 0 && text[at - 1] !== AMPERSAND) continue
    const end = text.indexOf(AMPERSAND, at)
    return decode(text.toString('latin1', at + field.length, end < 0 ? text.length : end))
  }
  return undefined
}

const AMPERSAND = 0x26

/**
 * The value that a form says for these members, in the shape that a JSON body would have.
 *
 * @throws SerializationException for text that is no form, a parameter that is given twice, a list
 *   without numbers or a value of the wrong type.
 */
export function parseForm(members: Members, body: Uint8Array): unknown {
  if (!isUtf8(body)) throw malformed('The request is not valid UTF-8.')
  return readStructure(members, parseTree(members, fromUtf8(body)))
}

/** A parameter, and those whose names go on from its own. */
type Node = { value: string | undefined; readonly children: Map<string, Node> }

/** The parameters that belong to members; all others are ignored. */
function parseTree(members: Members, text: string): Node {
  const root: Node = { value: undefined, children: new Map() }
  if (text === '') return root
  const parameters = text.split('&', FORM_PARAMETERS_MAX + 1)
  if (parameters.length > FORM_PARAMETERS_MAX) {
    throw malformed(`A request must have at most ${FORM_PARAMETERS_MAX} parameters.`)
  }
  const given = new Set<string>()
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    const name = decode(equals < 0 ? parameter : parameter.slice(0, equals))
    if (given.has(name)) throw malformed('A parameter must be given once.')
    given.add(name)
    const parts = name.split('.', NAME_PARTS_MAX + 1)
    if (parts.length > NAME_PARTS_MAX) throw malformed('The name of a parameter has too many parts.')
    if (!Object.hasOwn(members, parts[0] ?? '')) continue
    const node = nodeOf(root, parts)
    node.value = equals < 0 ? '' : decode(parameter.slice(equals + 1))
  }
  return root
}

function nodeOf(root: Node, parts: readonly string[]): Node {
  let node = root
  for (const part of parts) {
    let child = node.children.get(part)
    if (child === undefined) {
      child = { value: undefined, children: new Map() }
      node.children.set(part, child)
    }
    node = child
  }
  return node
}

const ESCAPES = /[%+]/

/** @throws SerializationException for a broken escape. */
function decode(text: string): string {
  if (!ESCAPES.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw malformed('The request is not a well-formed form.', { cause })
  }
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
