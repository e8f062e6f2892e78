/** An error answer of the service. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  /** The error code without a namespace; `UnknownError` when the answer had none. */
  readonly code: string
  readonly status: number
  /** The request ID to look for in the service's log; nothing when a proxy answered. */
  readonly requestId: string | undefined

  constructor(refusal: {
    readonly code: string
    readonly message: string
    readonly status: number
    readonly requestId: string | undefined
  }) {
    super(refusal.message)
    this.code = refusal.code
    this.status = refusal.status
    this.requestId = refusal.requestId
  }
}
