import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from '../base/ports.ts'
import type { WireRequest } from '../dispatch/wire.ts'
import type { WireFault } from '../dispatch/wire-fault.ts'
import { connectionOf } from './connection.ts'
import type { Serving } from './exchange.ts'
import type { Exchange } from './gate.ts'
import { formatLastResponse } from './response.ts'
import { parseTarget } from './target.ts'

/** Bytes that are no request, or a request that did not arrive in time. */
export type ClientError = {
  readonly error: NodeJS.ErrnoException
  readonly socket: Socket
  /** The request whose body the bytes belong to, if any. */
  readonly exchange: Exchange | undefined
}

/** The time that a client has to read this answer. */
const LAST_WORD_TIMEOUT_MS = 2_000

/**
 * Answers bytes that are no request, and ends the connection. For a connection that has failed, only ends it.
 */
export function answerError(serving: Serving, { error, socket, exchange }: ClientError): void {
  const fault = faultOf(error)
  if (fault === undefined || !socket.writable || exchange?.response.headersSent === true) {
    socket.destroy()
    return
  }
  refuseAndEnd(serving, socket, { request: exchange?.request, fault })
}

/** A request that is refused for its form, if there is one. */
type Refused = { readonly request: IncomingMessage | undefined; readonly fault: WireFault }

/** Answers with a refusal and ends the connection. */
export function refuseAndEnd(
  { dependencies, timers }: Pick<Serving, 'dependencies' | 'timers'>,
  socket: Socket,
  { request, fault }: Refused,
): void {
  const { site } = dependencies
  const head = requestOf(socket, request)
  const more = site?.owns(parseTarget(head.target).target) === true ? site.headers : []
  dependencies.refuse(head, fault).then(
    (wire) => {
      timers.after(LAST_WORD_TIMEOUT_MS, () => socket.destroy())
      const date = new Date(systemClock.now()).toUTCString()
      socket.end(formatLastResponse(wire, date, more), () => socket.destroy())
    },
    () => socket.destroy(),
  )
}

/** Source: Node.js, "Event: 'clientError'", and the codes of its parser. */
function faultOf({ code = '' }: NodeJS.ErrnoException): WireFault | undefined {
  switch (code) {
    // The client has gone away before the end.
    case 'HPE_INVALID_EOF_STATE':
      return undefined
    case 'HPE_HEADER_OVERFLOW':
      return 'large headers'
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'large body'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'late'
    default:
      return code.startsWith('HPE_') ? 'malformed' : undefined
  }
}

const NO_BODY = new Uint8Array(0)

function requestOf(socket: Socket, request: IncomingMessage | undefined): WireRequest {
  const { method = '', url = '', rawHeaders = [] } = request ?? {}
  return { method, target: url, rawHeaders, body: NO_BODY, connection: connectionOf(socket) }
}
