import type { XksErrorName } from '../protocol/protocol.ts'

/**
 * Why a call to a proxy gave no result: an error that the proxy has answered with, or one of
 *
 * - `MalformedResponse`: an answer that is none, or whose integrity value does not fit;
 * - `Unreachable`: there was no connection;
 * - `TlsFailed`: there was one, and no TLS on it, or not with a certificate for the endpoint;
 * - `TimedOut`: no answer within the time.
 */
export type XksReason = XksErrorName | 'MalformedResponse' | 'Unreachable' | 'TlsFailed' | 'TimedOut'

/** A call to an external key store proxy gave no result. The message is for the operator only. */
export class XksFailure extends Error {
  override readonly name = 'XksFailure'
  readonly reason: XksReason

  constructor(reason: XksReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The failure of an answer that cannot be understood. */
export function malformed(what: string, cause?: unknown): XksFailure {
  return new XksFailure('MalformedResponse', `the proxy's answer: ${what}`, { cause })
}
