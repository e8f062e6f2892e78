import { ApiError, send } from './client.ts'
import { IAM_OPERATIONS, type IamOperations, type XmlShape } from './iam-operations.ts'

/** The name of an operation of IAM or STS. */
export type IamOperationName = keyof IamOperations
/** The input of an operation. */
export type IamInputOf<N extends IamOperationName> = IamOperations[N]['input']
/** The output of an operation. */
export type IamOutputOf<N extends IamOperationName> = IamOperations[N]['output']

/** Source: the service models of IAM and STS, `apiVersion`. */
const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const
/** Pages of a list that {@link listAll} reads at most. */
const PAGES_MAX = 50

/**
 * Calls an operation of IAM or STS.
 *
 * @throws ApiError, Unreachable, SessionEnded.
 * @public
 */
export async function callIam<N extends IamOperationName>(
  name: N,
  input: IamInputOf<N>,
): Promise<IamOutputOf<N>> {
  const [service, , shape] = IAM_OPERATIONS[name]
  const form = new URLSearchParams({ Action: name, Version: VERSIONS[service] })
  for (const [member, value] of Object.entries(input)) addTo(form, member, value)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { document, status, requestId } = await send(service, headers, form.toString(), 'document')
  const root = document?.documentElement
  if (status !== 200) throw failureOf(root, status, requestId)
  return parseOutput<N>(root && child(root, `${name}Result`), shape)
}

/**
 * Calls a list operation of IAM until its last page, and joins the pages.
 *
 * @param itemsOf returns the items of a page.
 */
export async function listAll<N extends IamOperationName, T>(
  name: N,
  input: IamInputOf<N>,
  itemsOf: (output: IamOutputOf<N>) => readonly T[] | undefined,
): Promise<readonly T[]> {
  const items: T[] = []
  let next: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const output = await callIam(name, next === undefined ? input : { ...input, Marker: next })
    items.push(...(itemsOf(output) ?? []))
    next = markerOf(output)
    if (next === undefined) break
  }
  return items
}

function markerOf(output: object): string | undefined {
  const marker: unknown = Reflect.get(output, 'Marker')
  return Reflect.get(output, 'IsTruncated') === true && typeof marker === 'string' ? marker : undefined
}

/** Adds a value to a form. Source: "AWS query protocol", serialization of lists and structures. */
function addTo(form: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined) return
  if (Array.isArray(value)) {
    if (value.length === 0) form.append(name, '')
    for (const [index, item] of value.entries()) addTo(form, `${name}.member.${index + 1}`, item)
  } else if (typeof value === 'object' && value !== null) {
    for (const [member, inner] of Object.entries(value)) addTo(form, `${name}.${member}`, inner)
  } else form.append(name, String(value))
}

function failureOf(root: Element | undefined, status: number, requestId: string | undefined): ApiError {
  const error = root && child(root, 'Error')
  const textOf = (name: string): string | undefined =>
    error === undefined ? undefined : (child(error, name)?.textContent ?? undefined)
  const code = textOf('Code') ?? `HTTP ${status}`
  return new ApiError(code, textOf('Message') ?? code, requestId)
}

/** Client and server are made from the same facts. */
function parseOutput<N extends IamOperationName>(
  element: Element | undefined,
  shape: { readonly [name: string]: XmlShape },
): IamOutputOf<N> {
  return (element === undefined ? {} : readValue(element, shape)) as IamOutputOf<N>
}

function readValue(element: Element, shape: XmlShape): unknown {
  const text = element.textContent ?? ''
  if (shape === 's') return text
  if (shape === 'n') return Number(text)
  if (shape === 'b') return text === 'true'
  if (shape === 't') return Date.parse(text) / 1000
  if (shape === 'm') return Object.fromEntries([...element.children].map(entryOf))
  if (isList(shape)) return [...element.children].map((item) => readValue(item, shape[0]))
  const members: [string, unknown][] = []
  for (const item of element.children) {
    const inner = Object.hasOwn(shape, item.localName) ? shape[item.localName] : undefined
    if (inner !== undefined) members.push([item.localName, readValue(item, inner)])
  }
  return Object.fromEntries(members)
}

function isList(shape: object): shape is readonly [XmlShape] {
  return Array.isArray(shape)
}

function entryOf(entry: Element): [string, string] {
  return [child(entry, 'key')?.textContent ?? '', child(entry, 'value')?.textContent ?? '']
}

function child(element: Element, name: string): Element | undefined {
  return [...element.children].find(({ localName }) => localName === name)
}
