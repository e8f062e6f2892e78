/** A request body in bytes: above the largest legal one (a 262,144-byte attestation document in base64). */
export const REQUEST_BODY_MAX_BYTES = 1_048_576
/** All request headers together, in bytes. */
export const REQUEST_HEADERS_MAX_BYTES = 16_384
