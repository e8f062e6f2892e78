import { XKS_ERRORS, type XksErrorName } from '../protocol/protocol.ts'

/** A call that the proxy refuses. The message is part of the answer: printable, and short. */
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

/** The refusal of a request that is not what the API says. */
export function invalidRequest(message: string): ProxyRefusal {
  return new ProxyRefusal('ValidationException', message)
}
