/** A request body in bytes: above the largest legal one (a 262,144-byte attestation document in base64). */
export const REQUEST_BODY_MAX_BYTES = 1_048_576
/** Lines of request headers: the SDKs send about 15. */
export const REQUEST_HEADER_LINES_MAX = 100
/** All request headers together, in bytes. */
export const REQUEST_HEADERS_MAX_BYTES = 16_384
