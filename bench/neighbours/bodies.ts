import { largestBody } from '../../src/api/body-size.ts'
import { JSON_MAX_TOKENS } from '../../src/api/json-cost.ts'
import { FORM_PARAMETERS_MAX } from '../../src/api/query.ts'
import type { Members } from '../../src/api/shapes.ts'
import { REQUEST_BODY_MAX_BYTES } from '../../src/base/request-limits.ts'
import { isForm } from './calls.ts'
import type { CalledOperation } from './operations.ts'

/**
 * An invalid body of the maximum size that the operation reads, with as many members as possible. The syntax error is
 * at its very end.
 */
export function rubbishBody({ service, operation, members }: CalledOperation): string {
  return isForm(service) ? rubbishForm(operation, service, members) : rubbishJson(members)
}

/** A body of the maximum size that the operation reads, whose only cost is its size. */
export function largestBlankBody({ service, operation, members }: CalledOperation): string {
  return isForm(service)
    ? `${formHead(operation, service)}&Blank=`.padEnd(REQUEST_BODY_MAX_BYTES, 'x')
    : '{}'.padEnd(largestBody(members))
}

/** A member's name, its list and the comma after it. */
const TOKENS_OF_MEMBER = 3
/** The bytes of one such member, with a four-digit number. */
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

/** Uses declared member names, because the parser skips others. The last parameter is a duplicate. */
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
