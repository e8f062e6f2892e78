/** The side that caused the error, for the HTTP status and the SDKs' retry rules. */
type Fault = 'client' | 'server'

/**
 * Every error code that Holdfast answers with, and its HTTP status on the JSON protocol. Those that only the
 * query protocol has come with its statuses; see `render.ts` for what it makes of the others.
 *
 * The service model of AWS KMS puts other statuses (404, 409, 412, 503) on some of these; the wire
 * carries 400 and 500. Source: AWS KMS API Reference, "Common Errors" and recorded answers.
 */
const ERRORS = {
  AccessDeniedException: 400,
  AlreadyExistsException: 400,
  CloudHsmClusterInUseException: 400,
  CloudHsmClusterInvalidConfigurationException: 400,
  CloudHsmClusterNotActiveException: 400,
  CloudHsmClusterNotFoundException: 400,
  CloudHsmClusterNotRelatedException: 400,
  CloudTrailARNInvalidException: 400,
  ConflictException: 400,
  CustomKeyStoreHasCMKsException: 400,
  CustomKeyStoreInvalidStateException: 400,
  CustomKeyStoreNameInUseException: 400,
  CustomKeyStoreNotFoundException: 400,
  DeleteConflictException: 409,
  DependencyTimeoutException: 500,
  DisabledException: 400,
  DryRunOperationException: 400,
  EntityAlreadyExistsException: 409,
  ExpiredIdentityTokenException: 400,
  ExpiredImportTokenException: 400,
  ExpiredTokenException: 400,
  IdpCommunicationErrorException: 400,
  IdpRejectedClaimException: 403,
  IncompleteSignatureException: 400,
  IncorrectKeyException: 400,
  IncorrectKeyMaterialException: 400,
  IncorrectTrustAnchorException: 400,
  InsightNotEnabledException: 400,
  InvalidAliasNameException: 400,
  InvalidArnException: 400,
  InvalidAuthenticationCodeException: 403,
  InvalidAuthorizationMessageException: 400,
  InvalidCiphertextException: 400,
  InvalidEventCategoryException: 400,
  InvalidEventSelectorsException: 400,
  InvalidGrantIdException: 400,
  InvalidGrantTokenException: 400,
  InvalidHomeRegionException: 400,
  InvalidIdentityTokenException: 400,
  InvalidImportTokenException: 400,
  InvalidInputException: 400,
  InvalidInsightSelectorsException: 400,
  InvalidKeyUsageException: 400,
  InvalidLookupAttributesException: 400,
  InvalidMarkerException: 400,
  InvalidMaxResultsException: 400,
  InvalidNextTokenException: 400,
  InvalidParameterCombinationException: 400,
  InvalidParameterValueException: 400,
  InvalidS3BucketNameException: 400,
  InvalidS3PrefixException: 400,
  InvalidSignatureException: 400,
  InvalidTagParameterException: 400,
  InvalidTimeRangeException: 400,
  InvalidTokenException: 400,
  InvalidTrailNameException: 400,
  InvalidUserTypeException: 400,
  KMSInternalException: 500,
  KMSInvalidMacException: 400,
  KMSInvalidSignatureException: 400,
  KMSInvalidStateException: 400,
  KeyUnavailableException: 500,
  LimitExceededException: 400,
  MalformedHttpRequestException: 400,
  MalformedPolicyDocumentException: 400,
  MaximumNumberOfTrailsExceededException: 400,
  MissingActionException: 400,
  MissingAuthenticationTokenException: 400,
  NoSuchEntityException: 404,
  NotAuthorizedException: 400,
  NotFoundException: 400,
  PackedPolicyTooLargeException: 400,
  PasswordPolicyViolationException: 400,
  RequestEntityTooLargeException: 413,
  RequestHeaderFieldsTooLargeException: 431,
  RequestTimeoutException: 408,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ServiceUnavailableException: 503,
  TagException: 400,
  TagsLimitExceededException: 400,
  ThrottlingException: 400,
  TrailAlreadyExistsException: 400,
  TrailNotFoundException: 400,
  UnknownOperationException: 400,
  UnmodifiableEntityException: 400,
  UnrecognizedClientException: 400,
  UnsupportedOperationException: 400,
  ValidationException: 400,
  XksKeyAlreadyInUseException: 400,
  XksKeyInvalidConfigurationException: 400,
  XksKeyNotFoundException: 400,
  XksProxyIncorrectAuthenticationCredentialException: 400,
  XksProxyInvalidConfigurationException: 400,
  XksProxyInvalidResponseException: 400,
  XksProxyUriInUseException: 400,
  XksProxyUriUnreachableException: 400,
  XksProxyVpcEndpointServiceNotFoundException: 400,
} as const

/** Every error code, and its HTTP status on the JSON protocol. */
export const ERROR_CODES: ReadonlyMap<string, number> = new Map(Object.entries(ERRORS))

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS

/**
 * An error that is part of the contract with the caller. An empty message is left out of the answer, as AWS
 * does for some codes.
 */
export class KmsError extends Error {
  override readonly name = 'KmsError'
  readonly code: ErrorCode
  /** Why a call was refused, for the audit event only. */
  readonly reason: string | undefined

  constructor(code: ErrorCode, message = '', options: ErrorOptions & { readonly reason?: string } = {}) {
    super(message, options)
    this.code = code
    this.reason = options.reason
  }

  get status(): number {
    return ERRORS[this.code]
  }

  get fault(): Fault {
    return this.status >= 500 ? 'server' : 'client'
  }
}
