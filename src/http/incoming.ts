import { http } from '../base/http-module.ts'

/** The headers of a request that Node looks up by name. */
type NodeHeaders = { readonly expect?: string; readonly te?: string }

const NONE: NodeHeaders = Object.freeze({})

/**
 * A request without an object of its headers. Node looks up two headers by name, for which it would parse
 * all; Holdfast reads `rawHeaders`.
 */
export class Incoming extends http.IncomingMessage {}

Object.defineProperty(Incoming.prototype, 'headers', {
  get(this: Incoming): NodeHeaders {
    return nodeHeaders(this.rawHeaders)
  },
})

function nodeHeaders(rawHeaders: readonly string[]): NodeHeaders {
  let found = NONE
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 'expect'.length && name.toLowerCase() === 'expect') {
      found = { ...found, expect: rawHeaders[index + 1] ?? '' }
    } else if (name.length === 'te'.length && name.toLowerCase() === 'te') {
      found = { ...found, te: rawHeaders[index + 1] ?? '' }
    }
  }
  return found
}
