/** An HTTP request as the signature sees it: nothing decoded, nothing joined. */
export type SignedRequest = {
  readonly method: string
  /** The request target as received: path and query. */
  readonly target: string
  /**
   * Names and values in turn, as received, duplicates included. A value has one character for each byte, as
   * from node:http: the bytes are what is signed.
   */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}
