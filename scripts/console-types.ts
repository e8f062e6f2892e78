/** Generates the types of the console's client from the operations' facts: `npm run docs`. */

import { writeFile } from 'node:fs/promises'
import { KEY_SPECS } from '../src/api/key-specs.ts'
import { SERVICES } from '../src/api/services.ts'
import type { Members, ShapeData } from '../src/api/shapes.ts'
import { CLOUDTRAIL_OPERATIONS } from '../src/cloudtrail/trail-operations.ts'
import type { Operation } from '../src/dispatch/operation.ts'
import { IAM_OPERATIONS } from '../src/iam/iam-operations.ts'
import { STS_OPERATIONS } from '../src/iam/sts/sts-operations.ts'
import { KMS_OPERATIONS } from '../src/kms/kms-operations.ts'
import { USAGE_OPERATIONS } from '../src/usage-api/usage-service.ts'

const HEAD = `/** Written by \`npm run docs\` from the facts of the server's operations: do not edit. */

/** Bytes in base64. */
export type Base64 = string
/** Seconds since 1970. */
export type Seconds = number

`

/** The files that this script generates, and their content. */
export const CONSOLE_TYPES: readonly { readonly file: URL; readonly text: () => string }[] = [
  { file: new URL('../console/src/api/operations.ts', import.meta.url), text: jsonOperations },
  { file: new URL('../console/src/api/iam-operations.ts', import.meta.url), text: queryOperations },
  { file: new URL('../console/src/api/key-spec-operations.ts', import.meta.url), text: keySpecs },
]

/** What keys of each spec are for. */
function keySpecs(): string {
  const facts = Object.entries(KEY_SPECS).map(
    ([spec, { usages, importable }]) => `  ${spec}: ${JSON.stringify({ usages, importable })},\n`,
  )
  return `/** Written by \`npm run docs\` from the facts of the server: do not edit. */

/** The usages of each key spec with their algorithms, and whether its key material may be imported. */
export const KEY_SPECS = {
${facts.join('')}} as const
`
}

/** The operations of services that use JSON. */
function jsonOperations(): string {
  // An operation's facts need no dependencies; only `run` does.
  const operations: readonly Operation[] = [
    ...KMS_OPERATIONS.map((operation) => operation({} as never)),
    ...CLOUDTRAIL_OPERATIONS.map((operation) => operation({} as never)),
    ...USAGE_OPERATIONS.map((operation) => operation({} as never)),
  ]
  const facts = operations.map(
    ({ service, name, readOnly }) => `  ${name}: ${JSON.stringify([service, readOnly])},\n`,
  )
  return `${HEAD}${typesOf('Operations', operations)}
/** The \`X-Amz-Target\` of each service, up to the name of the operation. */
export const TARGETS = ${JSON.stringify(targets())} as const

/** The service of each operation, and whether it changes nothing. */
export const OPERATIONS = {
${facts.toSorted().join('')}} as const
`
}

/** The operations of services that use forms and XML. XML carries no types. */
function queryOperations(): string {
  const operations: readonly Operation[] = [
    ...IAM_OPERATIONS.map((operation) => operation({} as never)),
    ...STS_OPERATIONS.map((operation) => operation({} as never)),
  ]
  const facts = operations.map(
    ({ service, name, readOnly, output = {} }) =>
      `  ${name}: ${JSON.stringify([service, readOnly, shapesOf(output)])},\n`,
  )
  return `${HEAD}${typesOf('IamOperations', operations)}
/** What an element of an answer is: text, a number, a truth value, a time, a map of texts, a list, or members by name. */
export type XmlShape = 's' | 'n' | 'b' | 't' | 'm' | readonly [XmlShape] | { readonly [name: string]: XmlShape }

/** The service of each operation, whether it changes nothing, and the members of its answer. */
export const IAM_OPERATIONS: {
  readonly [name in keyof IamOperations]: readonly ['iam' | 'sts', boolean, { readonly [name: string]: XmlShape }]
} = {
${facts.toSorted().join('')}}
`
}

function typesOf(name: string, operations: readonly Operation[]): string {
  const types = operations.map(operationType).toSorted()
  return `/** Inputs and answers of the operations. */\nexport type ${name} = {\n${types.join('')}}\n`
}

type XmlShape = string | readonly [XmlShape] | { readonly [name: string]: XmlShape }

function shapesOf(members: Members): Readonly<Record<string, XmlShape>> {
  return Object.fromEntries(Object.entries(members).map(([name, { data }]) => [name, xmlShape(data)]))
}

function xmlShape(data: ShapeData): XmlShape {
  switch (data.type) {
    case 'list':
      return [xmlShape(data.of)]
    case 'structure':
      return shapesOf(data.members)
    case 'integer':
      return 'n'
    case 'boolean':
      return 'b'
    case 'timestamp':
      return 't'
    case 'text':
    case 'enum':
    case 'blob':
      return 's'
    case 'map':
      return 'm'
  }
}

function targets(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, protocol } of Object.values(SERVICES)) {
    if (protocol.type === 'json') found[name] = protocol.targetPrefixes[0]
  }
  return found
}

function operationType({ name, members, output = {} }: Operation): string {
  return `  ${name}: {\n    readonly input: ${inputType(members)}\n    readonly output: ${outputType(output)}\n  }\n`
}

function inputType(members: Members): string {
  return objectType(members, (required) => (required ? '' : '?'))
}

/** Declares every member of an output optional, because a server may omit any. */
function outputType(members: Members): string {
  return objectType(members, () => '?')
}

function objectType(members: Members, mark: (required: boolean) => string): string {
  const entries = Object.entries(members).map(
    ([name, { data, required }]) => `readonly ${name}${mark(required)}: ${typeOf(data, mark)}`,
  )
  return entries.length === 0 ? 'Record<string, never>' : `{ ${entries.join('; ')} }`
}

function typeOf(data: ShapeData, mark: (required: boolean) => string): string {
  switch (data.type) {
    case 'text':
      return 'string'
    case 'enum':
      return data.values.map((value) => `'${value}'`).join(' | ')
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'timestamp':
      return 'Seconds'
    case 'blob':
      return 'Base64'
    case 'list':
      return `readonly (${typeOf(data.of, mark)})[]`
    case 'map':
      return 'Readonly<Record<string, string>>'
    case 'structure':
      return Object.keys(data.members).length === 0 ? 'unknown' : objectType(data.members, mark)
  }
}

if (import.meta.main) {
  for (const { file, text } of CONSOLE_TYPES) await writeFile(file, text())
}
