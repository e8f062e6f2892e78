/** Why a call of the plug-in fails, by the status codes of gRPC. Source: gRPC, "Status codes and their use in gRPC". */
export type FailureKind =
  | 'INVALID_ARGUMENT'
  | 'PERMISSION_DENIED'
  | 'FAILED_PRECONDITION'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'

/** The failure of one call. The message goes to the caller, and holds no secret. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
