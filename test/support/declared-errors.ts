/**
 * For tests: the errors that each KMS operation may return. A client handles these by type and treats all others as
 * unknown.
 * Source: the service model, `errors`, which the AWS KMS API Reference repeats for each operation.
 */

/** Errors that every operation may return. Source: AWS KMS API Reference, "Common errors"; recorded responses. */
const COMMON = [
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SerializationException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException',
] as const

/** Additional errors that AWS does not declare: see docs/reference/divergences.md. */
const UNDECLARED: Readonly<Record<string, readonly string[]>> = {
  // Recorded for reserved alias names.
  CreateAlias: ['NotAuthorizedException'],
  DeleteAlias: ['NotAuthorizedException'],
  UpdateAlias: ['NotAuthorizedException'],
  // Documented for a proxy that denies access.
  CreateKey: ['KMSInvalidStateException'],
  // Holdfast's own error, returned if no attestation root is configured.
  Decrypt: ['UnsupportedOperationException'],
  DeriveSharedSecret: ['UnsupportedOperationException'],
  GenerateDataKey: ['UnsupportedOperationException'],
  // Holdfast's own error, for a call with ExpectedPolicy.
  PutKeyPolicy: ['ConflictException'],
}

const DECLARED: readonly (readonly [operations: string, errors: string])[] = [
  [
    'CancelKeyDeletion DisableKey GetKeyPolicy ListKeyPolicies ScheduleKeyDeletion UpdateKeyDescription',
    'DependencyTimeout InvalidArn KMSInternal KMSInvalidState NotFound',
  ],
  [
    'ConnectCustomKeyStore',
    'CloudHsmClusterInvalidConfiguration CloudHsmClusterNotActive CustomKeyStoreInvalidState ' +
      'CustomKeyStoreNotFound KMSInternal',
  ],
  [
    'CreateAlias',
    'AlreadyExists DependencyTimeout InvalidAliasName KMSInternal KMSInvalidState LimitExceeded NotFound',
  ],
  [
    'CreateCustomKeyStore',
    'CloudHsmClusterInUse CloudHsmClusterInvalidConfiguration CloudHsmClusterNotActive ' +
      'CloudHsmClusterNotFound CustomKeyStoreNameInUse IncorrectTrustAnchor KMSInternal LimitExceeded ' +
      'XksProxyIncorrectAuthenticationCredential XksProxyInvalidConfiguration XksProxyInvalidResponse ' +
      'XksProxyUriEndpointInUse XksProxyUriInUse XksProxyUriUnreachable XksProxyVpcEndpointServiceInUse ' +
      'XksProxyVpcEndpointServiceInvalidConfiguration XksProxyVpcEndpointServiceNotFound',
  ],
  [
    'CreateGrant',
    'DependencyTimeout Disabled DryRunOperation InvalidArn InvalidGrantToken KMSInternal KMSInvalidState ' +
      'LimitExceeded NotFound',
  ],
  [
    'CreateKey',
    'CloudHsmClusterInvalidConfiguration CustomKeyStoreInvalidState CustomKeyStoreNotFound ' +
      'DependencyTimeout InvalidArn KMSInternal LimitExceeded MalformedPolicyDocument Tag ' +
      'UnsupportedOperation XksKeyAlreadyInUse XksKeyInvalidConfiguration XksKeyNotFound',
  ],
  [
    'Decapsulate',
    'DependencyTimeout Disabled DryRunOperation InvalidCiphertext InvalidGrantToken InvalidKeyUsage ' +
      'KMSInternal KMSInvalidState KeyUnavailable NotFound',
  ],
  [
    'Decrypt ReEncrypt',
    'DependencyTimeout Disabled DryRunOperation IncorrectKey InvalidCiphertext InvalidGrantToken ' +
      'InvalidKeyUsage KMSInternal KMSInvalidState KeyUnavailable NotFound',
  ],
  ['DeleteAlias', 'DependencyTimeout KMSInternal KMSInvalidState NotFound'],
  [
    'DeleteCustomKeyStore',
    'CustomKeyStoreHasCMKs CustomKeyStoreInvalidState CustomKeyStoreNotFound KMSInternal',
  ],
  [
    'DeleteImportedKeyMaterial GetKeyRotationStatus GetParametersForImport',
    'DependencyTimeout InvalidArn KMSInternal KMSInvalidState NotFound UnsupportedOperation',
  ],
  [
    'DeriveSharedSecret Encapsulate Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext Sign',
    'DependencyTimeout Disabled DryRunOperation InvalidGrantToken InvalidKeyUsage KMSInternal ' +
      'KMSInvalidState KeyUnavailable NotFound',
  ],
  ['DescribeCustomKeyStores', 'CustomKeyStoreNotFound InvalidMarker KMSInternal'],
  ['DescribeKey GetKeyLastUsage', 'DependencyTimeout InvalidArn KMSInternal NotFound'],
  [
    'DisableKeyRotation EnableKeyRotation',
    'DependencyTimeout Disabled InvalidArn KMSInternal KMSInvalidState NotFound UnsupportedOperation',
  ],
  ['DisconnectCustomKeyStore', 'CustomKeyStoreInvalidState CustomKeyStoreNotFound KMSInternal'],
  ['EnableKey', 'DependencyTimeout InvalidArn KMSInternal KMSInvalidState LimitExceeded NotFound'],
  [
    'GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext',
    'DependencyTimeout Disabled DryRunOperation InvalidGrantToken InvalidKeyUsage KMSInternal ' +
      'KMSInvalidState KeyUnavailable NotFound UnsupportedOperation',
  ],
  [
    'GenerateMac',
    'Disabled DryRunOperation InvalidGrantToken InvalidKeyUsage KMSInternal KMSInvalidState ' +
      'KeyUnavailable NotFound',
  ],
  [
    'GenerateRandom',
    'CustomKeyStoreInvalidState CustomKeyStoreNotFound DependencyTimeout KMSInternal UnsupportedOperation',
  ],
  [
    'GetPublicKey',
    'DependencyTimeout Disabled InvalidArn InvalidGrantToken InvalidKeyUsage KMSInternal KMSInvalidState ' +
      'KeyUnavailable NotFound UnsupportedOperation',
  ],
  [
    'ImportKeyMaterial',
    'DependencyTimeout ExpiredImportToken IncorrectKeyMaterial InvalidArn InvalidCiphertext ' +
      'InvalidImportToken KMSInternal KMSInvalidState NotFound UnsupportedOperation',
  ],
  ['ListAliases ListRetirableGrants', 'DependencyTimeout InvalidArn InvalidMarker KMSInternal NotFound'],
  [
    'ListGrants',
    'DependencyTimeout InvalidArn InvalidGrantId InvalidMarker KMSInternal KMSInvalidState NotFound',
  ],
  ['ListKeyRotations', 'InvalidArn InvalidMarker KMSInternal KMSInvalidState NotFound UnsupportedOperation'],
  ['ListKeys', 'DependencyTimeout InvalidMarker KMSInternal'],
  ['ListResourceTags', 'InvalidArn InvalidMarker KMSInternal NotFound'],
  [
    'PutKeyPolicy',
    'DependencyTimeout InvalidArn KMSInternal KMSInvalidState LimitExceeded MalformedPolicyDocument ' +
      'NotFound UnsupportedOperation',
  ],
  [
    'ReplicateKey',
    'AlreadyExists Disabled InvalidArn KMSInternal KMSInvalidState LimitExceeded MalformedPolicyDocument ' +
      'NotFound Tag UnsupportedOperation',
  ],
  [
    'RetireGrant',
    'DependencyTimeout DryRunOperation InvalidArn InvalidGrantId InvalidGrantToken KMSInternal ' +
      'KMSInvalidState NotFound',
  ],
  [
    'RevokeGrant',
    'DependencyTimeout DryRunOperation InvalidArn InvalidGrantId KMSInternal KMSInvalidState NotFound',
  ],
  [
    'RotateKeyOnDemand',
    'Conflict DependencyTimeout Disabled InvalidArn KMSInternal KMSInvalidState LimitExceeded NotFound ' +
      'UnsupportedOperation',
  ],
  ['TagResource', 'InvalidArn KMSInternal KMSInvalidState LimitExceeded NotFound Tag'],
  ['UntagResource', 'InvalidArn KMSInternal KMSInvalidState NotFound Tag'],
  ['UpdateAlias', 'DependencyTimeout KMSInternal KMSInvalidState LimitExceeded NotFound'],
  [
    'UpdateCustomKeyStore',
    'CloudHsmClusterInvalidConfiguration CloudHsmClusterNotActive CloudHsmClusterNotFound ' +
      'CloudHsmClusterNotRelated CustomKeyStoreInvalidState CustomKeyStoreNameInUse CustomKeyStoreNotFound ' +
      'KMSInternal XksProxyIncorrectAuthenticationCredential XksProxyInvalidConfiguration ' +
      'XksProxyInvalidResponse XksProxyUriEndpointInUse XksProxyUriInUse XksProxyUriUnreachable ' +
      'XksProxyVpcEndpointServiceInUse XksProxyVpcEndpointServiceInvalidConfiguration ' +
      'XksProxyVpcEndpointServiceNotFound',
  ],
  ['UpdatePrimaryRegion', 'Disabled InvalidArn KMSInternal KMSInvalidState NotFound UnsupportedOperation'],
  [
    'Verify',
    'DependencyTimeout Disabled DryRunOperation InvalidGrantToken InvalidKeyUsage KMSInternal ' +
      'KMSInvalidSignature KMSInvalidState KeyUnavailable NotFound',
  ],
  [
    'VerifyMac',
    'Disabled DryRunOperation InvalidGrantToken InvalidKeyUsage KMSInternal KMSInvalidMac KMSInvalidState ' +
      'KeyUnavailable NotFound',
  ],
]

const BY_OPERATION = new Map(
  DECLARED.flatMap(([operations, errors]) =>
    operations
      .split(' ')
      .map((name) => [
        name,
        new Set([
          ...COMMON,
          ...(UNDECLARED[name] ?? []),
          ...errors.split(' ').map((error) => `${error}Exception`),
        ]),
      ]),
  ) as [string, ReadonlySet<string>][],
)

/** The error codes that an operation may return; `undefined` for an operation that AWS does not have. */
export function declaredErrors(operation: string): ReadonlySet<string> | undefined {
  return BY_OPERATION.get(operation)
}
