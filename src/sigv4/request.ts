/** An HTTP request as the signature sees it: nothing decoded, nothing joined. */
export type SignedRequest = {
  readonly method: string
  /** The request target as received: path and query. */
  readonly target: string
  /** Names and values in turn, as received, duplicates included. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}
