import type { EpochMs } from '../base/ports.ts'

/**
 * Shapes: the members of an operation's input as data. Validation, audit events, generated tests and
 * documentation tables all read them. The constraints are those of the AWS service models.
 */

/** A regular expression as AWS prints it, and a compiled one that matches a whole value. */
export type Pattern = { readonly source: string; readonly regex: RegExp }

type TextData = {
  readonly type: 'text'
  readonly min?: number
  readonly max?: number
  readonly pattern?: Pattern
  /** Never shown in a message or an audit event. */
  readonly sensitive?: boolean
}
type EnumData = { readonly type: 'enum'; readonly values: readonly string[] }
type IntegerData = { readonly type: 'integer'; readonly min?: number; readonly max?: number }
type BooleanData = { readonly type: 'boolean' }
type TimestampData = { readonly type: 'timestamp' }
type BlobData = { readonly type: 'blob'; readonly min?: number; readonly max?: number }
type ListData = {
  readonly type: 'list'
  readonly of: ShapeData
  readonly min?: number
  readonly max?: number
}
type MapData = { readonly type: 'map' }
type StructureData = { readonly type: 'structure'; readonly members: Members }

/** The rules for a value, as data: one variant for each JSON form. */
export type ShapeData =
  | TextData
  | EnumData
  | IntegerData
  | BooleanData
  | TimestampData
  | BlobData
  | ListData
  | MapData
  | StructureData

/** A shape of values of type T. `required`: whether a structure must have it. */
export type Shape<T, R extends boolean = boolean> = {
  readonly data: ShapeData
  readonly required: R
  /** Carries T for the type checker; never set. */
  readonly typed?: T
}

/** The members of a structure or an input, by their names on the wire. */
export type Members = { readonly [name: string]: Shape<unknown> }

/** The value that a shape describes. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never
type RequiredNames<M extends Members> = {
  [K in keyof M]: M[K] extends Shape<unknown, true> ? K : never
}[keyof M]

/** The input that a set of members describes. */
export type Input<M extends Members> = {
  readonly [K in RequiredNames<M>]: ValueOf<M[K]>
} & {
  readonly [K in Exclude<keyof M, RequiredNames<M>>]?: ValueOf<M[K]> | undefined
}

/** A member that every answer has. */
type Always = { readonly always: true }
type AlwaysNames<M extends Members> = { [K in keyof M]: M[K] extends Always ? K : never }[keyof M]

/** The members of an answer: all optional, except those of {@link always}. */
export type Answer<M extends Members> = {
  readonly [K in AlwaysNames<M>]: ValueOf<M[K]>
} & {
  readonly [K in Exclude<keyof M, AlwaysNames<M>>]?: ValueOf<M[K]> | undefined
}

/** Whether an operation may leave out its answer: it has no member of {@link always}. */
export type MayBeEmpty<M extends Members> = [AlwaysNames<M>] extends [never] ? true : false

/** Pairs of texts, without duplicates, in the order received. */
export type TextMap = ReadonlyMap<string, string>

function shape<T>(data: ShapeData): Shape<T, true> {
  return { data, required: true }
}

/** A pattern that the whole value must match, as the service model writes it. */
export function pattern(source: string): Pattern {
  return { source, regex: new RegExp(`^(?:${source})$`, 'u') }
}

/** Text; lengths count UTF-16 units. */
export function text(limits: Omit<TextData, 'type'> = {}): Shape<string, true> {
  return shape({ type: 'text', ...limits })
}

/** One of a closed set of names. */
export function oneOf<const V extends string>(...values: readonly V[]): Shape<V, true> {
  return shape({ type: 'enum', values })
}

/** A whole number within limits. */
export function integer(limits: Omit<IntegerData, 'type'> = {}): Shape<number, true> {
  return shape({ type: 'integer', ...limits })
}

/** True or false. */
export function boolean(): Shape<boolean, true> {
  return shape({ type: 'boolean' })
}

/** A time in milliseconds since 1970; seconds on the wire, with or without a fraction. */
export function timestamp(): Shape<EpochMs, true> {
  return shape({ type: 'timestamp' })
}

/** Bytes, base64 on the wire; limits count the bytes. Always sensitive. */
export function blob(limits: Omit<BlobData, 'type'> = {}): Shape<Uint8Array, true> {
  return shape({ type: 'blob', ...limits })
}

/** A list of values of one shape; limits count its items. */
export function list<T>(
  of: Shape<T>,
  limits: { min?: number; max?: number } = {},
): Shape<readonly T[], true> {
  return shape({ type: 'list', of: of.data, ...limits })
}

/** A map from text to text. */
export function textMap(): Shape<TextMap, true> {
  return shape({ type: 'map' })
}

/** An object with these members; others are ignored. */
export function structure<M extends Members>(members: M): Shape<Input<M>, true> {
  return shape({ type: 'structure', members })
}

/** The same, but optional. */
export function optional<T>(inner: Shape<T>): Shape<T, false> {
  return { data: inner.data, required: false }
}

/** A member that every answer has: an answer without it does not compile. */
export function always<S extends Shape<unknown>>(inner: S): S & Always {
  return { ...inner, always: true }
}

/** An object in an answer, with these members. */
export function answer<M extends Members>(members: M): Shape<Answer<M>, true> {
  return shape({ type: 'structure', members })
}

/** A time in an answer, as its protocol writes it: seconds since 1970, or ISO 8601 text. */
export function instant(): Shape<number | string | Date, true> {
  return shape({ type: 'timestamp' })
}

/** An object of texts, with any names, in an answer. */
export function texts(): Shape<Readonly<Record<string, string>>, true> {
  return shape({ type: 'map' })
}

/** A map from text to numbers in an answer. */
export function numberMap(): Shape<ReadonlyMap<string, number>, true> {
  return shape({ type: 'map' })
}

/** Any value, in an answer whose form is described elsewhere. */
export function anything(): Shape<unknown, true> {
  return shape({ type: 'structure', members: {} })
}
