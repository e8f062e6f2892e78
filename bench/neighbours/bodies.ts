import { largestBody } from '../../src/api/body-size.ts'
import { JSON_MAX_TOKENS } from '../../src/api/json-cost.ts'
import { FORM_PARAMETERS_MAX } from '../../src/api/query.ts'
import type { Members } from '../../src/api/shapes.ts'
import { REQUEST_BODY_MAX_BYTES } from '../../src/base/request-limits.ts'
import { isForm } from './calls.ts'
import type { CalledOperation } from './operations.ts'

/** A body as large as the operation takes one, of as many members as any has, which is no JSON or no form at its very end. */
export function rubbishBody({ service, operation, members }: CalledOperation): string {
  return isForm(service) ? rubbishForm(operation, service, members) : rubbishJson(members)
}

/** A body as large as the operation takes one, which costs nothing but its size. */
export function largestBlankBody({ service, operation, members }: CalledOperation): string {
  return isForm(service)
    ? `${formHead(operation, service)}&Blank=`.padEnd(REQUEST_BODY_MAX_BYTES, 'x')
    : '{}'.padEnd(largestBody(members))
}

/** A member's name, its list and the comma behind it. */
const TOKENS_OF_MEMBER = 3
/** Bytes of the same, with a number of four digits. */
const BYTES_OF_MEMBER = 12
const ESCAPE = '\\u00e9'

function rubbishJson(members: Members): string {
  const most = Math.floor(JSON_MAX_TOKENS / TOKENS_OF_MEMBER) - 2
  const count = Math.min(most, Math.floor(largestBody(members) / BYTES_OF_MEMBER))
  const many = Array.from({ length: count }, (_, index) => `"x${index}":[]`).join(',')
  const begun = `{${many},"y":"`
  const room = Math.max(0, Math.min(largestBody(members), REQUEST_BODY_MAX_BYTES) - begun.length - 1)
  return `${begun}${ESCAPE.repeat(Math.floor(room / ESCAPE.length))}"`
}

const NAME_PARTS = 11

/** The name of a declared member, since others are not looked at; the last parameter is there twice. */
function rubbishForm(operation: string, service: string, members: Members): string {
  const head = formHead(operation, service)
  const name = Object.keys(members)[0] ?? 'Action'
  const tail = '.1'.repeat(NAME_PARTS - 1)
  const count = FORM_PARAMETERS_MAX - 4
  const room = REQUEST_BODY_MAX_BYTES - head.length - 64
  const value = '%41'.repeat(Math.floor((room / count - name.length - tail.length - 8) / 3))
  const many = Array.from({ length: count }, (_, index) => `${name}.${index}${tail}=${value}`)
  return `${head}&${many.join('&')}&${name}=1&${name}=1`
}

function formHead(operation: string, service: string): string {
  return `Action=${operation}&Version=${service === 'sts' ? '2011-06-15' : '2010-05-08'}`
}
