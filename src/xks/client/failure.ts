import type { XksErrorName } from '../protocol/protocol.ts'

/**
 * Why a call to a proxy failed: an error that the proxy returned, or one of
 *
 * - `MalformedResponse`: an invalid answer, or one with a wrong integrity value;
 * - `Unreachable`: there was no connection;
 * - `TlsFailed`: the TLS handshake failed, or the certificate is not for the endpoint;
 * - `TimedOut`: no answer within the time.
 */
export type XksReason = XksErrorName | 'MalformedResponse' | 'Unreachable' | 'TlsFailed' | 'TimedOut'

/** A failed call to an external key store proxy. The message is for the operator only. */
export class XksFailure extends Error {
  override readonly name = 'XksFailure'
  readonly reason: XksReason

  constructor(reason: XksReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The failure for an invalid answer. */
export function malformed(what: string, cause?: unknown): XksFailure {
  return new XksFailure('MalformedResponse', `the proxy's answer: ${what}`, { cause })
}
