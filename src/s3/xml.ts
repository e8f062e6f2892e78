import { SaxesParser } from 'saxes'
import { escapeXml } from '../api/xml.ts'
import { S3Error, XML_DECLARATION } from './s3-error.ts'

/** An element of a request's body: its text, or its children. */
export type XmlElement = {
  readonly name: string
  text: string
  readonly children: XmlElement[]
}

/** Elements of one document: DeleteObjects has up to 1,000 objects, CompleteMultipartUpload 10,000 parts. */
const ELEMENTS_MAX = 100_000
/** No document of S3 is deeper. */
const DEPTH_MAX = 16

/**
 * The root element of a document. Names are without their prefixes; attributes do not matter.
 *
 * @throws S3Error MalformedXML for text that is not well formed, that has a document type, or is not as expected.
 */
export function parseXml(text: string, root: string): XmlElement {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const top: XmlElement = { name: '', text: '', children: [] }
  const open: XmlElement[] = [top]
  let elements = 0
  parser.on('error', (cause) => {
    throw malformedXml(cause)
  })
  // A document type could declare entities.
  parser.on('doctype', () => {
    throw malformedXml()
  })
  parser.on('opentag', ({ name }) => {
    elements += 1
    if (elements > ELEMENTS_MAX || open.length > DEPTH_MAX) throw malformedXml()
    const element: XmlElement = { name: name.slice(name.indexOf(':') + 1), text: '', children: [] }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  const take = (piece: string): void => {
    const element = open.at(-1)
    if (element !== undefined) element.text += piece
  }
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('closetag', () => void open.pop())
  parser.write(text).close()
  const [found] = top.children
  if (found === undefined || found.name !== root) throw malformedXml()
  return found
}

/** The error for a document that cannot be read. */
export function malformedXml(cause?: unknown): S3Error {
  const message = 'The XML you provided was not well-formed or did not validate against our published schema'
  return new S3Error('MalformedXML', message, { cause })
}

/** The first child with this name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.name === name)
}

/** All children with this name. */
export function children(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((candidate) => candidate.name === name)
}

/** The trimmed text of the first child with this name; nothing when there is none. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text.trim()
}

/** A value of a document: nothing is left out, and a list repeats its element. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue }

/** The namespace of every document. */
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A document with this root. */
export function formatXml(root: string, value: { readonly [name: string]: XmlValue }): string {
  return `${XML_DECLARATION}<${root} xmlns="${NAMESPACE}">${formatMembers(value)}</${root}>`
}

function formatMembers(value: { readonly [name: string]: XmlValue }): string {
  let text = ''
  for (const [name, member] of Object.entries(value)) text += formatMember(name, member)
  return text
}

function formatMember(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (isList(value)) return value.map((item) => formatMember(name, item)).join('')
  const text = typeof value === 'object' ? formatMembers(value) : escapeXml(String(value))
  return `<${name}>${text}</${name}>`
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}
