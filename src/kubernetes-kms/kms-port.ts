/** What the plug-in knows of its KMS key. */
export type KeyFacts = {
  /** The key ARN. */
  readonly arn: string
  /** Nothing for a key without key material in KMS, such as one of an external key store. */
  readonly materialId: string | undefined
  /** `Enabled`, or why the key cannot be used. */
  readonly state: string
}

/** An answer of GenerateDataKey. */
export type DataKey = {
  readonly key: Uint8Array
  readonly wrapped: Uint8Array
  /** The key material that encrypted it; nothing when the answer does not say. */
  readonly materialId: string | undefined
}

/** The calls of KMS that the plug-in makes. Each throws {@link KmsRefusal}, or another error when there is no answer. */
export type KmsPort = {
  readonly describe: () => Promise<KeyFacts>
  readonly generate: (keyArn: string) => Promise<DataKey>
  readonly decrypt: (keyArn: string, wrapped: Uint8Array) => Promise<Uint8Array>
}

/** An answer of KMS that is final: another attempt would get the same. */
export class KmsRefusal extends Error {
  override readonly name = 'KmsRefusal'
  /** AWS's error code. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
