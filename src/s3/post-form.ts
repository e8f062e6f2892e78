import { fromUtf8 } from '../base/bytes.ts'
import { S3Error } from './s3-error.ts'

/** The file of a form. */
type FormFile = {
  /** As the browser names it, without folders. */
  readonly name: string
  /** Its bytes, read once. */
  readonly pieces: AsyncIterable<Uint8Array>
}

/** A form whose file is still arriving. */
export type PostForm = {
  /** The fields before the file, by lower-case name. */
  readonly fields: ReadonlyMap<string, string>
  readonly file: FormFile
}

/** Bytes of a form beside its file. Source: Amazon S3 API Reference, "HTML Form Fields": 20 KB. */
const FIELDS_MAX_BYTES = 20_480
/** Fields of a form. Source: Holdfast's own. */
const FIELDS_MAX = 100
/** Source: RFC 2046, section 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/
const CONTENT_TYPE =
  /^multipart\/form-data[ \t]*;(?:[ \t]*charset=[A-Za-z0-9-]+[ \t]*;)?[ \t]*boundary=(?:"([^"\\]+)"|([^\s;"]+))[ \t]*(?:;[ \t]*charset=[A-Za-z0-9-]+[ \t]*)?$/i
const HEADERS_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const CLOSE = Buffer.from('--')
const DISPOSITION = /^form-data((?:[ \t]*;[ \t]*[A-Za-z*]+=(?:"(?:[^"\\]|\\.)*"|[^\s;"]+))*)[ \t]*$/i
const PARAMETER = /;[ \t]*([A-Za-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g
const FILE = 'file'
const NO_BYTES = Buffer.alloc(0)

/**
 * The boundary of a form.
 *
 * @throws S3Error PreconditionFailed for another type of content, MalformedPOSTRequest.
 */
export function boundaryOf(contentType: string | undefined): string {
  if (contentType === undefined || !/^multipart\/form-data(?:$|[ \t;])/i.test(contentType)) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
      elements: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
    })
  }
  const [, quoted, plain] = CONTENT_TYPE.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined || !BOUNDARY.test(boundary))
    throw malformed('the boundary is missing or malformed')
  return boundary
}

/**
 * Reads a form up to its file. The fields are read in memory, within tight limits; the file arrives as it is read, and
 * what follows it is ignored. Source: RFC 7578; Amazon S3 API Reference, "HTML Form Fields".
 *
 * @throws S3Error.
 */
export async function readForm(source: AsyncIterator<Uint8Array>, boundary: string): Promise<PostForm> {
  const reader = new FormReader(source, boundary)
  await reader.begin()
  const fields = new Map<string, string>()
  for (;;) {
    const part = await reader.nextPart()
    if (part === undefined) throw noFile()
    const name = part.name.toLowerCase()
    if (name === FILE) return { fields, file: { name: baseName(part.fileName ?? ''), pieces: reader.file() } }
    // Two readers could take different ones.
    if (fields.has(name)) throw malformed(`the field ${name} is there twice`)
    if (fields.size >= FIELDS_MAX) throw tooLarge()
    fields.set(name, await reader.value())
  }
}

type Part = { readonly name: string; readonly fileName: string | undefined }

/** Divides the bytes of a form. What is waiting is never longer than the limit on fields and one piece of the body. */
class FormReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #delimiter: Buffer
  #waiting: Buffer = NO_BYTES
  /** Bytes that were read as fields, their headers and delimiters. */
  #taken = 0

  constructor(source: AsyncIterator<Uint8Array>, boundary: string) {
    this.#source = source
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  /** Takes the first boundary, which begins the body. */
  async begin(): Promise<void> {
    const first = this.#delimiter.subarray(LINE_END.length)
    while (this.#waiting.length < first.length) await this.#more()
    if (!this.#waiting.subarray(0, first.length).equals(first))
      throw malformed('it does not begin with its boundary')
    this.#take(first.length)
  }

  /** The headers of the next part; nothing after the last. */
  async nextPart(): Promise<Part | undefined> {
    if (await this.#isClosed()) return undefined
    // The end of the delimiter's line is also the end of no headers at all.
    const end = await this.#find(HEADERS_END)
    const lines = textOf(this.#waiting.subarray(LINE_END.length, Math.max(LINE_END.length, end))).split(
      '\r\n',
    )
    this.#take(end + HEADERS_END.length)
    return partOf(lines)
  }

  /** The value of a field. */
  async value(): Promise<string> {
    const end = await this.#find(this.#delimiter)
    const value = textOf(this.#waiting.subarray(0, end))
    this.#take(end + this.#delimiter.length)
    return value
  }

  /** The bytes of the file. Reads the body to its end. */
  async *file(): AsyncIterable<Uint8Array> {
    const delimiter = this.#delimiter
    for (;;) {
      const end = this.#waiting.indexOf(delimiter)
      if (end >= 0) {
        if (end > 0) yield this.#waiting.subarray(0, end)
        this.#waiting = this.#waiting.subarray(end + delimiter.length)
        break
      }
      // A delimiter may have begun.
      const sure = this.#waiting.length - delimiter.length + 1
      if (sure > 0) {
        yield this.#waiting.subarray(0, sure)
        this.#waiting = this.#waiting.subarray(sure)
      }
      await this.#more()
    }
    await this.#isClosed()
    await this.#ignoreRest()
  }

  /** Whether the form ends after the delimiter that was taken. @throws S3Error when neither an end nor a part follows. */
  async #isClosed(): Promise<boolean> {
    while (this.#waiting.length < CLOSE.length) await this.#more()
    const next = this.#waiting.subarray(0, CLOSE.length)
    if (next.equals(CLOSE)) return true
    if (next.equals(LINE_END)) return false
    throw malformed('a boundary is followed by something else')
  }

  async #ignoreRest(): Promise<void> {
    let ignored = this.#waiting.length
    for (;;) {
      if (ignored > FIELDS_MAX_BYTES) throw malformed('too much follows the file')
      const next = await this.#source.next()
      if (next.done === true) return
      ignored += next.value.length
    }
  }

  /** Where bytes begin that a field or its headers end with. */
  async #find(wanted: Buffer): Promise<number> {
    let from = 0
    for (;;) {
      const at = this.#waiting.indexOf(wanted, from)
      const isTooLarge = this.#taken + (at < 0 ? this.#waiting.length : at) > FIELDS_MAX_BYTES
      if (isTooLarge) throw tooLarge()
      if (at >= 0) return at
      from = Math.max(0, this.#waiting.length - wanted.length + 1)
      await this.#more()
    }
  }

  #take(length: number): void {
    this.#taken += length
    if (this.#taken > FIELDS_MAX_BYTES) throw tooLarge()
    this.#waiting = this.#waiting.subarray(length)
  }

  async #more(): Promise<void> {
    const next = await this.#source.next()
    if (next.done === true) throw malformed('it ends before its last boundary')
    this.#waiting =
      this.#waiting.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#waiting, next.value])
  }
}

function partOf(lines: readonly string[]): Part {
  const parameters = parametersOf(dispositionOf(lines))
  const name = parameters.get('name')
  if (name === undefined || name === '') throw malformed('a part has no name')
  return { name, fileName: parameters.get('filename') }
}

/** The parameters of the disposition among the headers of a part. */
function dispositionOf(lines: readonly string[]): string {
  let disposition: string | undefined
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) throw malformed('a header of a part is malformed')
    if (line.slice(0, colon).toLowerCase() !== 'content-disposition') continue
    if (disposition !== undefined) throw malformed('a part has two dispositions')
    disposition = line.slice(colon + 1).trim()
  }
  const [, parameters] = DISPOSITION.exec(disposition ?? '') ?? []
  if (parameters === undefined) throw malformed('a part has no disposition form-data')
  return parameters
}

function parametersOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(PARAMETER)) {
    const lower = name.toLowerCase()
    if (found.has(lower)) throw malformed(`a part has its ${lower} twice`)
    found.set(lower, quoted?.replaceAll('\\"', '"') ?? plain)
  }
  return found
}

/** Some browsers send a path. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

/** Two texts that are not UTF-8 could become one key. */
function textOf(bytes: Buffer): string {
  const text = fromUtf8(bytes)
  if (!Buffer.from(text, 'utf8').equals(bytes) || text.includes('\0')) throw malformed('a text is not UTF-8')
  return text
}

function malformed(why: string): S3Error {
  const message = `The body of your POST request is not well-formed multipart/form-data: ${why}.`
  return new S3Error('MalformedPOSTRequest', message)
}

function tooLarge(): S3Error {
  const message = 'Your POST request fields preceding the upload file were too large.'
  return new S3Error('MaxPostPreDataLengthExceededError', message, {
    elements: { MaxPostPreDataLengthBytes: String(FIELDS_MAX_BYTES) },
  })
}

function noFile(): S3Error {
  const message = 'POST requires exactly one file upload per request.'
  return new S3Error('IncorrectNumberOfFilesInPostRequest', message)
}
