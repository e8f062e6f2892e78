import { XKS_ERRORS, type XksErrorName } from '../protocol/protocol.ts'

/** An error answer of the proxy. The message is part of the answer: printable and short. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'
  readonly code: XksErrorName

  constructor(code: XksErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  get status(): number {
    return XKS_ERRORS[this.code]
  }
}

/** The error of a request that violates the API. */
export function invalidRequest(message: string): ProxyRefusal {
  return new ProxyRefusal('ValidationException', message)
}
