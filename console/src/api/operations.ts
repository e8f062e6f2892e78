/** Written by `npm run docs` from the facts of the server's operations: do not edit. */

/** Bytes in base64. */
export type Base64 = string
/** Seconds since 1970. */
export type Seconds = number

/** Inputs and answers of the operations. */
export type Operations = {
  AddTags: {
    readonly input: { readonly ResourceId: string; readonly TagsList: readonly ({ readonly Key: string; readonly Value?: string })[] }
    readonly output: Record<string, never>
  }
  AttachControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string; readonly TargetId: string }
    readonly output: Record<string, never>
  }
  CancelKeyDeletion: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly KeyId?: string }
  }
  ConnectCustomKeyStore: {
    readonly input: { readonly CustomKeyStoreId: string }
    readonly output: Record<string, never>
  }
  CountEvents: {
    readonly input: { readonly AccountId?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly Period?: number; readonly LookupAttributes?: readonly ({ readonly AttributeKey: 'EventId' | 'EventName' | 'ReadOnly' | 'Username' | 'ResourceType' | 'ResourceName' | 'EventSource' | 'AccessKeyId'; readonly AttributeValue: string })[] }
    readonly output: { readonly Period?: number; readonly Counts?: readonly ({ readonly Time?: Seconds; readonly Events?: number; readonly Refusals?: number })[]; readonly Events?: number; readonly Current?: boolean }
  }
  CreateAccount: {
    readonly input: { readonly AccountId?: string }
    readonly output: { readonly AccountId?: string }
  }
  CreateAlias: {
    readonly input: { readonly AliasName: string; readonly TargetKeyId: string }
    readonly output: Record<string, never>
  }
  CreateCustomKeyStore: {
    readonly input: { readonly CustomKeyStoreName: string; readonly TrustAnchorCertificate?: string; readonly CustomKeyStoreType?: 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly CloudHsmClusterId?: string; readonly KeyStorePassword?: string; readonly XksProxyUriEndpoint?: string; readonly XksProxyUriPath?: string; readonly XksProxyVpcEndpointServiceName?: string; readonly XksProxyVpcEndpointServiceOwner?: string; readonly XksProxyAuthenticationCredential?: { readonly AccessKeyId: string; readonly RawSecretAccessKey: string }; readonly XksProxyConnectivity?: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE' }
    readonly output: { readonly CustomKeyStoreId?: string }
  }
  CreateGrant: {
    readonly input: { readonly KeyId: string; readonly GranteePrincipal?: string; readonly GranteeServicePrincipal?: string; readonly RetiringPrincipal?: string; readonly RetiringServicePrincipal?: string; readonly Operations: readonly ('Decrypt' | 'Encrypt' | 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncryptFrom' | 'ReEncryptTo' | 'Sign' | 'Verify' | 'GetPublicKey' | 'CreateGrant' | 'RetireGrant' | 'DescribeKey' | 'GenerateDataKeyPair' | 'GenerateDataKeyPairWithoutPlaintext' | 'GenerateMac' | 'VerifyMac' | 'DeriveSharedSecret' | 'Encapsulate' | 'Decapsulate')[]; readonly Constraints?: { readonly EncryptionContextSubset?: Readonly<Record<string, string>>; readonly EncryptionContextEquals?: Readonly<Record<string, string>>; readonly SourceArn?: string }; readonly GrantTokens?: readonly (string)[]; readonly Name?: string; readonly DryRun?: boolean }
    readonly output: { readonly GrantId?: string; readonly GrantToken?: string }
  }
  CreateKey: {
    readonly input: { readonly Policy?: string; readonly Description?: string; readonly KeyUsage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'; readonly CustomerMasterKeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2'; readonly KeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly Origin?: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly CustomKeyStoreId?: string; readonly BypassPolicyLockoutSafetyCheck?: boolean; readonly Tags?: readonly ({ readonly TagKey: string; readonly TagValue: string })[]; readonly MultiRegion?: boolean; readonly XksKeyId?: string }
    readonly output: { readonly KeyMetadata?: { readonly AWSAccountId?: string; readonly Arn?: string; readonly CloudHsmClusterId?: string; readonly CreationDate?: Seconds; readonly CurrentKeyMaterialId?: string; readonly CustomKeyStoreId?: string; readonly CustomerMasterKeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly DeletionDate?: Seconds; readonly Description?: string; readonly Enabled?: boolean; readonly EncapsulationAlgorithms?: readonly ('ML_KEM')[]; readonly EncryptionAlgorithms?: readonly ('SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE')[]; readonly ExpirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'; readonly KeyAgreementAlgorithms?: readonly ('ECDH')[]; readonly KeyId?: string; readonly KeyManager?: 'AWS' | 'CUSTOMER'; readonly KeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly KeyState?: 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'Unavailable' | 'Creating' | 'Updating'; readonly KeyUsage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'; readonly MacAlgorithms?: readonly ('HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512')[]; readonly MultiRegion?: boolean; readonly MultiRegionConfiguration?: { readonly MultiRegionKeyType?: 'PRIMARY' | 'REPLICA'; readonly PrimaryKey?: { readonly Arn?: string; readonly Region?: string }; readonly ReplicaKeys?: readonly ({ readonly Arn?: string; readonly Region?: string })[] }; readonly Origin?: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly PendingDeletionWindowInDays?: number; readonly SigningAlgorithms?: readonly ('RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512')[]; readonly ValidTo?: Seconds; readonly XksKeyConfiguration?: { readonly Id?: string } } }
  }
  CreateOrganization: {
    readonly input: Record<string, never>
    readonly output: { readonly OrganizationId?: string; readonly RootId?: string; readonly ManagementAccountId?: string }
  }
  CreateOrganizationalUnit: {
    readonly input: { readonly Name: string; readonly ParentId?: string }
    readonly output: { readonly Id?: string }
  }
  CreatePasskey: {
    readonly input: { readonly Name: string; readonly ClientData: Base64; readonly AuthenticatorData: Base64; readonly PublicKey: Base64; readonly Algorithm: number }
    readonly output: { readonly SerialNumber?: string }
  }
  CreateTrail: {
    readonly input: { readonly Name: string; readonly S3BucketName: string; readonly S3KeyPrefix?: string; readonly SnsTopicName?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly EnableLogFileValidation?: boolean; readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly KmsKeyId?: string; readonly IsOrganizationTrail?: boolean; readonly TagsList?: readonly ({ readonly Key: string; readonly Value?: string })[] }
    readonly output: { readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly IsOrganizationTrail?: boolean; readonly KmsKeyId?: string; readonly LogFileValidationEnabled?: boolean; readonly Name?: string; readonly S3BucketName?: string; readonly S3KeyPrefix?: string; readonly SnsTopicARN?: string; readonly SnsTopicName?: string; readonly TrailARN?: string }
  }
  Decapsulate: {
    readonly input: { readonly KeyId: string; readonly SharedSecretCiphertextBlob: Base64; readonly EncapsulationAlgorithm: 'ML_KEM'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly EncapsulationAlgorithm?: 'ML_KEM'; readonly KeyId?: string; readonly SharedSecret?: Base64 }
  }
  Decrypt: {
    readonly input: { readonly CiphertextBlob?: Base64; readonly KeyId?: string; readonly EncryptionContext?: Readonly<Record<string, string>>; readonly EncryptionAlgorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'; readonly GrantTokens?: readonly (string)[]; readonly Recipient?: { readonly AttestationDocument?: Base64; readonly KeyEncryptionAlgorithm?: 'RSAES_OAEP_SHA_256' }; readonly DryRun?: boolean; readonly DryRunModifiers?: readonly ('IGNORE_CIPHERTEXT')[] }
    readonly output: { readonly KeyId?: string; readonly Plaintext?: Base64; readonly EncryptionAlgorithm?: string; readonly CiphertextForRecipient?: Base64; readonly KeyMaterialId?: string }
  }
  DeleteAlias: {
    readonly input: { readonly AliasName: string }
    readonly output: Record<string, never>
  }
  DeleteControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string }
    readonly output: Record<string, never>
  }
  DeleteCustomKeyStore: {
    readonly input: { readonly CustomKeyStoreId: string }
    readonly output: Record<string, never>
  }
  DeleteImportedKeyMaterial: {
    readonly input: { readonly KeyId: string; readonly KeyMaterialId?: string }
    readonly output: { readonly KeyId?: string; readonly KeyMaterialId?: string }
  }
  DeleteOrganizationalUnit: {
    readonly input: { readonly OrganizationalUnitId: string }
    readonly output: Record<string, never>
  }
  DeleteTrail: {
    readonly input: { readonly Name: string }
    readonly output: Record<string, never>
  }
  DeriveSharedSecret: {
    readonly input: { readonly KeyId: string; readonly KeyAgreementAlgorithm: 'ECDH'; readonly PublicKey: Base64; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean; readonly Recipient?: { readonly AttestationDocument?: Base64; readonly KeyEncryptionAlgorithm?: 'RSAES_OAEP_SHA_256' } }
    readonly output: { readonly CiphertextForRecipient?: Base64; readonly KeyAgreementAlgorithm?: 'ECDH'; readonly KeyId?: string; readonly KeyOrigin?: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly SharedSecret?: Base64 }
  }
  DescribeCustomKeyStores: {
    readonly input: { readonly CustomKeyStoreId?: string; readonly CustomKeyStoreName?: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly CustomKeyStores?: readonly ({ readonly CloudHsmClusterId?: string; readonly ConnectionErrorCode?: 'CLUSTER_NOT_FOUND' | 'INSUFFICIENT_CLOUDHSM_HSMS' | 'INTERNAL_ERROR' | 'INVALID_CREDENTIALS' | 'NETWORK_ERRORS' | 'USER_LOCKED_OUT' | 'USER_NOT_FOUND' | 'XKS_PROXY_ACCESS_DENIED' | 'XKS_PROXY_INVALID_CONFIGURATION' | 'XKS_PROXY_INVALID_RESPONSE' | 'XKS_PROXY_INVALID_TLS_CONFIGURATION' | 'XKS_PROXY_NOT_REACHABLE' | 'XKS_PROXY_TIMED_OUT'; readonly ConnectionState?: 'CONNECTED' | 'CONNECTING' | 'FAILED' | 'DISCONNECTED' | 'DISCONNECTING'; readonly CreationDate?: Seconds; readonly CustomKeyStoreId?: string; readonly CustomKeyStoreName?: string; readonly CustomKeyStoreType?: 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly TrustAnchorCertificate?: string; readonly XksProxyConfiguration?: { readonly AccessKeyId?: string; readonly Connectivity?: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE'; readonly UriEndpoint?: string; readonly UriPath?: string; readonly VpcEndpointServiceName?: string; readonly VpcEndpointServiceOwner?: string } })[]; readonly NextMarker?: string; readonly Truncated?: boolean }
  }
  DescribeKey: {
    readonly input: { readonly KeyId: string; readonly GrantTokens?: readonly (string)[] }
    readonly output: { readonly KeyMetadata?: { readonly AWSAccountId?: string; readonly Arn?: string; readonly CloudHsmClusterId?: string; readonly CreationDate?: Seconds; readonly CurrentKeyMaterialId?: string; readonly CustomKeyStoreId?: string; readonly CustomerMasterKeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly DeletionDate?: Seconds; readonly Description?: string; readonly Enabled?: boolean; readonly EncapsulationAlgorithms?: readonly ('ML_KEM')[]; readonly EncryptionAlgorithms?: readonly ('SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE')[]; readonly ExpirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'; readonly KeyAgreementAlgorithms?: readonly ('ECDH')[]; readonly KeyId?: string; readonly KeyManager?: 'AWS' | 'CUSTOMER'; readonly KeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly KeyState?: 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'Unavailable' | 'Creating' | 'Updating'; readonly KeyUsage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'; readonly MacAlgorithms?: readonly ('HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512')[]; readonly MultiRegion?: boolean; readonly MultiRegionConfiguration?: { readonly MultiRegionKeyType?: 'PRIMARY' | 'REPLICA'; readonly PrimaryKey?: { readonly Arn?: string; readonly Region?: string }; readonly ReplicaKeys?: readonly ({ readonly Arn?: string; readonly Region?: string })[] }; readonly Origin?: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly PendingDeletionWindowInDays?: number; readonly SigningAlgorithms?: readonly ('RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512')[]; readonly ValidTo?: Seconds; readonly XksKeyConfiguration?: { readonly Id?: string } } }
  }
  DescribeOrganization: {
    readonly input: { readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly OrganizationId?: string; readonly ManagementAccountId?: string; readonly RootId?: string; readonly Nodes?: readonly ({ readonly Id?: string; readonly Name?: string; readonly ParentId?: string; readonly ServiceControlPolicies?: readonly (string)[]; readonly ResourceControlPolicies?: readonly (string)[] })[]; readonly NextToken?: string }
  }
  DescribeTrails: {
    readonly input: { readonly trailNameList?: readonly (string)[]; readonly includeShadowTrails?: boolean }
    readonly output: { readonly trailList?: readonly ({ readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly HasCustomEventSelectors?: boolean; readonly HasInsightSelectors?: boolean; readonly HomeRegion?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly IsOrganizationTrail?: boolean; readonly KmsKeyId?: string; readonly LogFileValidationEnabled?: boolean; readonly Name?: string; readonly S3BucketName?: string; readonly S3KeyPrefix?: string; readonly SnsTopicARN?: string; readonly SnsTopicName?: string; readonly TrailARN?: string })[] }
  }
  DetachControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string; readonly TargetId: string }
    readonly output: Record<string, never>
  }
  DisableKey: {
    readonly input: { readonly KeyId: string }
    readonly output: Record<string, never>
  }
  DisableKeyRotation: {
    readonly input: { readonly KeyId: string }
    readonly output: Record<string, never>
  }
  DisconnectCustomKeyStore: {
    readonly input: { readonly CustomKeyStoreId: string }
    readonly output: Record<string, never>
  }
  EnableKey: {
    readonly input: { readonly KeyId: string }
    readonly output: Record<string, never>
  }
  EnableKeyRotation: {
    readonly input: { readonly KeyId: string; readonly RotationPeriodInDays?: number }
    readonly output: Record<string, never>
  }
  Encapsulate: {
    readonly input: { readonly KeyId: string; readonly EncapsulationAlgorithm: 'ML_KEM'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly EncapsulationAlgorithm?: 'ML_KEM'; readonly KeyId?: string; readonly SharedSecret?: Base64; readonly SharedSecretCiphertextBlob?: Base64 }
  }
  Encrypt: {
    readonly input: { readonly KeyId: string; readonly Plaintext: Base64; readonly EncryptionContext?: Readonly<Record<string, string>>; readonly EncryptionAlgorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly CiphertextBlob?: Base64; readonly EncryptionAlgorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'; readonly KeyId?: string }
  }
  ExplainCall: {
    readonly input: { readonly Id: string }
    readonly output: { readonly Calls?: readonly ({ readonly EventId?: string; readonly Result?: string; readonly Reason?: string; readonly Event?: string; readonly PossibleCauses?: readonly (string)[]; readonly Now?: { readonly Allowed?: boolean; readonly Differs?: string; readonly Permissions?: readonly ({ readonly Principal?: string; readonly Action?: string; readonly Resource?: string; readonly Allowed?: boolean; readonly Reason?: string; readonly Decision?: unknown; readonly Policies?: unknown; readonly Complete?: boolean; readonly Grants?: unknown; readonly Context?: readonly ({ readonly Key?: string; readonly Values?: readonly (string)[] })[]; readonly MissingContext?: readonly (string)[]; readonly SmallestChange?: unknown; readonly Withheld?: boolean })[]; readonly NotConsidered?: readonly (string)[] }; readonly NotDecided?: string })[]; readonly Current?: boolean }
  }
  GenerateDataKey: {
    readonly input: { readonly KeyId: string; readonly KeySpec?: 'AES_256' | 'AES_128'; readonly NumberOfBytes?: number; readonly EncryptionContext?: Readonly<Record<string, string>>; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean; readonly Recipient?: { readonly AttestationDocument?: Base64; readonly KeyEncryptionAlgorithm?: 'RSAES_OAEP_SHA_256' } }
    readonly output: { readonly CiphertextBlob?: Base64; readonly CiphertextForRecipient?: Base64; readonly KeyId?: string; readonly KeyMaterialId?: string; readonly Plaintext?: Base64 }
  }
  GenerateDataKeyPair: {
    readonly input: { readonly EncryptionContext?: Readonly<Record<string, string>>; readonly KeyId: string; readonly KeyPairSpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SM2' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean; readonly Recipient?: { readonly AttestationDocument?: Base64; readonly KeyEncryptionAlgorithm?: 'RSAES_OAEP_SHA_256' } }
    readonly output: { readonly CiphertextForRecipient?: Base64; readonly KeyId?: string; readonly KeyMaterialId?: string; readonly KeyPairSpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SM2' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly PrivateKeyCiphertextBlob?: Base64; readonly PrivateKeyPlaintext?: Base64; readonly PublicKey?: Base64 }
  }
  GenerateDataKeyPairWithoutPlaintext: {
    readonly input: { readonly EncryptionContext?: Readonly<Record<string, string>>; readonly KeyId: string; readonly KeyPairSpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SM2' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly KeyId?: string; readonly KeyMaterialId?: string; readonly KeyPairSpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SM2' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly PrivateKeyCiphertextBlob?: Base64; readonly PublicKey?: Base64 }
  }
  GenerateDataKeyWithoutPlaintext: {
    readonly input: { readonly KeyId: string; readonly KeySpec?: 'AES_256' | 'AES_128'; readonly NumberOfBytes?: number; readonly EncryptionContext?: Readonly<Record<string, string>>; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly CiphertextBlob?: Base64; readonly KeyId?: string; readonly KeyMaterialId?: string }
  }
  GenerateMac: {
    readonly input: { readonly Message: Base64; readonly KeyId: string; readonly MacAlgorithm: 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly KeyId?: string; readonly Mac?: Base64; readonly MacAlgorithm?: 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' }
  }
  GenerateRandom: {
    readonly input: { readonly NumberOfBytes?: number; readonly CustomKeyStoreId?: string; readonly Recipient?: { readonly AttestationDocument?: Base64; readonly KeyEncryptionAlgorithm?: 'RSAES_OAEP_SHA_256' } }
    readonly output: { readonly CiphertextForRecipient?: Base64; readonly Plaintext?: Base64 }
  }
  GetControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string }
    readonly output: { readonly Name?: string; readonly Content?: string; readonly CreatedTime?: Seconds }
  }
  GetEventSelectors: {
    readonly input: { readonly TrailName: string }
    readonly output: { readonly AdvancedEventSelectors?: readonly ({ readonly FieldSelectors?: readonly ({ readonly EndsWith?: readonly (string)[]; readonly Equals?: readonly (string)[]; readonly Field?: string; readonly NotEndsWith?: readonly (string)[]; readonly NotEquals?: readonly (string)[]; readonly NotStartsWith?: readonly (string)[]; readonly StartsWith?: readonly (string)[] })[]; readonly Name?: string })[]; readonly EventSelectors?: readonly ({ readonly DataResources?: readonly ({ readonly Type?: string; readonly Values?: readonly (string)[] })[]; readonly ExcludeManagementEventSources?: readonly (string)[]; readonly IncludeManagementEvents?: boolean; readonly ReadWriteType?: string })[]; readonly TrailARN?: string }
  }
  GetInsightSelectors: {
    readonly input: { readonly TrailName?: string; readonly EventDataStore?: string }
    readonly output: { readonly EventDataStoreArn?: string; readonly InsightSelectors?: readonly ({ readonly EventCategories?: readonly (string)[]; readonly InsightType?: string })[]; readonly InsightsDestination?: string; readonly TrailARN?: string }
  }
  GetKeyImpact: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly Key?: unknown; readonly Aliases?: readonly (string)[]; readonly MultiRegion?: unknown; readonly KeyStore?: unknown; readonly Users?: unknown; readonly MoreUsers?: number; readonly Grants?: unknown; readonly MoreGrants?: number; readonly Statements?: unknown; readonly MoreStatements?: number; readonly Consequences?: unknown; readonly Current?: boolean }
  }
  GetKeyLastUsage: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly KeyCreationDate?: Seconds; readonly KeyId?: string; readonly KeyLastUsage?: { readonly CloudTrailEventId?: string; readonly KmsRequestId?: string; readonly Operation?: string; readonly Timestamp?: Seconds }; readonly TrackingStartDate?: Seconds }
  }
  GetKeyPolicy: {
    readonly input: { readonly KeyId: string; readonly PolicyName?: string }
    readonly output: { readonly Policy?: string; readonly PolicyName?: string }
  }
  GetKeyRotationStatus: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly KeyId?: string; readonly KeyRotationEnabled?: boolean; readonly NextRotationDate?: Seconds; readonly OnDemandRotationStartDate?: Seconds; readonly RotationPeriodInDays?: number }
  }
  GetMaterialUsage: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly KeyArn?: string; readonly Materials?: unknown; readonly Current?: boolean }
  }
  GetParametersForImport: {
    readonly input: { readonly KeyId: string; readonly WrappingAlgorithm: 'RSAES_PKCS1_V1_5' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_1' | 'RSA_AES_KEY_WRAP_SHA_256' | 'SM2PKE'; readonly WrappingKeySpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'SM2' }
    readonly output: { readonly ImportToken?: Base64; readonly KeyId?: string; readonly ParametersValidTo?: Seconds; readonly PublicKey?: Base64 }
  }
  GetPublicKey: {
    readonly input: { readonly KeyId: string; readonly GrantTokens?: readonly (string)[] }
    readonly output: { readonly CustomerMasterKeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly EncapsulationAlgorithms?: readonly ('ML_KEM')[]; readonly EncryptionAlgorithms?: readonly ('SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE')[]; readonly MacAlgorithms?: readonly ('HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512')[]; readonly KeyAgreementAlgorithms?: readonly ('ECDH')[]; readonly KeyId?: string; readonly KeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly KeyUsage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'; readonly PublicKey?: Base64; readonly SigningAlgorithms?: readonly ('RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512')[] }
  }
  GetReport: {
    readonly input: { readonly Day: string; readonly FileType?: 'JSON' | 'HTML'; readonly NextToken?: string }
    readonly output: { readonly FileName?: string; readonly SizeBytes?: number; readonly Content?: Base64; readonly Note?: string; readonly VerifierKey?: string; readonly NextToken?: string }
  }
  GetServerStatus: {
    readonly input: Record<string, never>
    readonly output: { readonly Release?: string; readonly UnlockPaths?: readonly ({ readonly Name?: string; readonly Type?: string; readonly Unattended?: boolean; readonly ProvedDate?: Seconds })[]; readonly LastBackup?: { readonly BackupId?: string; readonly Time?: Seconds }; readonly LastRehearsal?: { readonly BackupId?: string; readonly Time?: Seconds }; readonly Risks?: readonly ({ readonly Severity?: string; readonly Message?: string })[] }
  }
  GetTrail: {
    readonly input: { readonly Name: string }
    readonly output: { readonly Trail?: { readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly HasCustomEventSelectors?: boolean; readonly HasInsightSelectors?: boolean; readonly HomeRegion?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly IsOrganizationTrail?: boolean; readonly KmsKeyId?: string; readonly LogFileValidationEnabled?: boolean; readonly Name?: string; readonly S3BucketName?: string; readonly S3KeyPrefix?: string; readonly SnsTopicARN?: string; readonly SnsTopicName?: string; readonly TrailARN?: string } }
  }
  GetTrailStatus: {
    readonly input: { readonly Name: string }
    readonly output: { readonly IsLogging?: boolean; readonly LatestCloudWatchLogsDeliveryError?: string; readonly LatestCloudWatchLogsDeliveryTime?: Seconds; readonly LatestDeliveryAttemptSucceeded?: string; readonly LatestDeliveryAttemptTime?: string; readonly LatestDeliveryError?: string; readonly LatestDeliveryTime?: Seconds; readonly LatestDigestDeliveryError?: string; readonly LatestDigestDeliveryTime?: Seconds; readonly LatestNotificationAttemptSucceeded?: string; readonly LatestNotificationAttemptTime?: string; readonly LatestNotificationError?: string; readonly LatestNotificationTime?: Seconds; readonly StartLoggingTime?: Seconds; readonly StopLoggingTime?: Seconds; readonly TimeLoggingStarted?: string; readonly TimeLoggingStopped?: string }
  }
  GetUsage: {
    readonly input: { readonly AccountId?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly GroupBy?: readonly ('hour' | 'day' | 'account' | 'region' | 'key' | 'principal' | 'service' | 'operation')[]; readonly KeyArn?: string; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly GroupBy?: readonly (string)[]; readonly Currency?: string; readonly Lines?: readonly ({ readonly Values?: unknown; readonly Calls?: number; readonly Failures?: number; readonly Cost?: number })[]; readonly Totals?: { readonly Calls?: number; readonly Failures?: number; readonly CallsCost?: number; readonly KeysCost?: number }; readonly Current?: boolean; readonly NextToken?: string }
  }
  ImportKeyMaterial: {
    readonly input: { readonly KeyId: string; readonly ImportToken: Base64; readonly EncryptedKeyMaterial: Base64; readonly ValidTo?: Seconds; readonly ExpirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'; readonly ImportType?: 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL'; readonly KeyMaterialDescription?: string; readonly KeyMaterialId?: string }
    readonly output: { readonly KeyId?: string; readonly KeyMaterialId?: string }
  }
  ListAccounts: {
    readonly input: { readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Accounts?: readonly ({ readonly AccountId?: string; readonly Alias?: string; readonly CreatedTime?: Seconds; readonly ParentId?: string; readonly ServiceControlPolicies?: readonly (string)[]; readonly ResourceControlPolicies?: readonly (string)[] })[]; readonly NextToken?: string }
  }
  ListAliases: {
    readonly input: { readonly KeyId?: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly Aliases?: readonly ({ readonly AliasName?: string; readonly AliasArn?: string; readonly TargetKeyId?: string; readonly CreationDate?: Seconds; readonly LastUpdatedDate?: Seconds })[]; readonly NextMarker?: string; readonly Truncated?: boolean }
  }
  ListControlPolicies: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Policies?: readonly ({ readonly Name?: string; readonly TargetIds?: readonly (string)[] })[]; readonly NextToken?: string }
  }
  ListGrants: {
    readonly input: { readonly KeyId: string; readonly GrantId?: string; readonly GranteePrincipal?: string; readonly GranteeServicePrincipal?: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly Grants?: readonly ({ readonly Constraints?: { readonly EncryptionContextEquals?: Readonly<Record<string, string>>; readonly EncryptionContextSubset?: Readonly<Record<string, string>>; readonly SourceArn?: string }; readonly CreationDate?: Seconds; readonly GrantId?: string; readonly GranteePrincipal?: string; readonly GranteeServicePrincipal?: string; readonly IssuingAccount?: string; readonly KeyId?: string; readonly Name?: string; readonly Operations?: readonly ('Decrypt' | 'Encrypt' | 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncryptFrom' | 'ReEncryptTo' | 'Sign' | 'Verify' | 'GetPublicKey' | 'CreateGrant' | 'RetireGrant' | 'DescribeKey' | 'GenerateDataKeyPair' | 'GenerateDataKeyPairWithoutPlaintext' | 'GenerateMac' | 'VerifyMac' | 'DeriveSharedSecret' | 'Encapsulate' | 'Decapsulate')[]; readonly RetiringPrincipal?: string; readonly RetiringServicePrincipal?: string })[]; readonly NextMarker?: string; readonly Truncated?: boolean }
  }
  ListInsights: {
    readonly input: { readonly AccountId?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Insights?: readonly ({ readonly EventId?: string; readonly SharedEventId?: string; readonly Time?: Seconds; readonly State?: string; readonly Type?: string; readonly EventSource?: string; readonly EventName?: string; readonly ErrorCode?: string; readonly Subject?: unknown; readonly Event?: string })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
  ListKeyAccess: {
    readonly input: { readonly KeyId: string; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly KeyArn?: string; readonly Operations?: readonly (string)[]; readonly Principals?: readonly ({ readonly PrincipalArn?: string; readonly AllowedOperations?: readonly (string)[]; readonly Grants?: readonly ({ readonly GrantId?: string; readonly Operations?: readonly (string)[]; readonly Constrained?: boolean })[]; readonly MoreGrants?: number })[]; readonly Matches?: number; readonly NextToken?: string }
  }
  ListKeyPolicies: {
    readonly input: { readonly KeyId: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly NextMarker?: string; readonly PolicyNames?: readonly (string)[]; readonly Truncated?: boolean }
  }
  ListKeyRotations: {
    readonly input: { readonly KeyId: string; readonly IncludeKeyMaterial?: 'ALL_KEY_MATERIAL' | 'ROTATIONS_ONLY'; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly NextMarker?: string; readonly Rotations?: readonly ({ readonly ExpirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'; readonly ImportState?: 'IMPORTED' | 'PENDING_IMPORT'; readonly KeyId?: string; readonly KeyMaterialDescription?: string; readonly KeyMaterialId?: string; readonly KeyMaterialState?: 'NON_CURRENT' | 'CURRENT' | 'PENDING_ROTATION' | 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'; readonly RotationDate?: Seconds; readonly RotationType?: 'AUTOMATIC' | 'ON_DEMAND'; readonly ValidTo?: Seconds })[]; readonly Truncated?: boolean }
  }
  ListKeySummaries: {
    readonly input: { readonly AccountId?: string; readonly Filters?: readonly ({ readonly Name: 'KeyState' | 'KeySpec' | 'KeyUsage' | 'Origin' | 'KeyManager' | 'MultiRegion' | 'CustomKeyStoreId' | 'KeyId' | 'Alias' | 'Description' | 'TagKey' | 'TagValue' | 'Tag'; readonly Values: readonly (string)[] })[]; readonly Search?: string; readonly CreatedAfter?: Seconds; readonly CreatedBefore?: Seconds; readonly LastUsedAfter?: Seconds; readonly LastUsedBefore?: Seconds; readonly SortBy?: 'KeyId' | 'Alias' | 'Description' | 'CreationDate' | 'KeyState' | 'KeySpec' | 'KeyUsage' | 'Origin' | 'LastUsedDate' | 'DeletionDate'; readonly SortOrder?: 'ASCENDING' | 'DESCENDING'; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Keys?: readonly ({ readonly KeyId?: string; readonly KeyArn?: string; readonly Aliases?: readonly (string)[]; readonly Description?: string; readonly KeyState?: string; readonly KeySpec?: string; readonly KeyUsage?: string; readonly Origin?: string; readonly KeyManager?: string; readonly MultiRegion?: boolean; readonly MultiRegionKeyType?: string; readonly CustomKeyStoreId?: string; readonly CreationDate?: Seconds; readonly DeletionDate?: Seconds; readonly ValidTo?: Seconds; readonly NextRotationDate?: Seconds; readonly LastUsedDate?: Seconds; readonly Tags?: readonly ({ readonly TagKey?: string; readonly TagValue?: string })[] })[]; readonly Matches?: number; readonly Total?: number; readonly Current?: boolean; readonly NextToken?: string }
  }
  ListKeys: {
    readonly input: { readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly Keys?: readonly ({ readonly KeyArn?: string; readonly KeyId?: string })[]; readonly NextMarker?: string; readonly Truncated?: boolean }
  }
  ListPublicKeys: {
    readonly input: { readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly NextToken?: string }
    readonly output: { readonly NextToken?: string; readonly PublicKeyList?: readonly ({ readonly Fingerprint?: string; readonly ValidityEndTime?: Seconds; readonly ValidityStartTime?: Seconds; readonly Value?: Base64 })[] }
  }
  ListQuotas: {
    readonly input: { readonly AccountId?: string; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly AccountId?: string; readonly Quotas?: readonly ({ readonly Name?: string; readonly About?: string; readonly Unit?: string; readonly Value?: number; readonly IsSet?: boolean; readonly Default?: number; readonly AwsValue?: number; readonly Minimum?: number; readonly Maximum?: number })[]; readonly NextToken?: string }
  }
  ListRefusals: {
    readonly input: { readonly AccountId?: string; readonly PrincipalArn?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Groups?: readonly ({ readonly Reason?: string; readonly Principal?: string; readonly EventSource?: string; readonly EventName?: string; readonly Resources?: readonly (string)[]; readonly Calls?: number; readonly FirstTime?: Seconds; readonly LastTime?: Seconds; readonly EventIds?: readonly (string)[] })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
  ListReports: {
    readonly input: { readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Days?: readonly (string)[]; readonly VerifierKey?: string; readonly Run?: { readonly Status?: 'RUNNING' | 'SUCCEEDED' | 'FAILED'; readonly Day?: string; readonly StartedDate?: Seconds; readonly Keys?: number; readonly Findings?: number; readonly Changes?: number; readonly Message?: string }; readonly NextToken?: string }
  }
  ListResourceTags: {
    readonly input: { readonly KeyId: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly NextMarker?: string; readonly Tags?: readonly ({ readonly TagKey?: string; readonly TagValue?: string })[]; readonly Truncated?: boolean }
  }
  ListRetirableGrants: {
    readonly input: { readonly RetiringPrincipal?: string; readonly RetiringServicePrincipal?: string; readonly Limit?: number; readonly Marker?: string }
    readonly output: { readonly Grants?: readonly ({ readonly Constraints?: { readonly EncryptionContextEquals?: Readonly<Record<string, string>>; readonly EncryptionContextSubset?: Readonly<Record<string, string>>; readonly SourceArn?: string }; readonly CreationDate?: Seconds; readonly GrantId?: string; readonly GranteePrincipal?: string; readonly GranteeServicePrincipal?: string; readonly IssuingAccount?: string; readonly KeyId?: string; readonly Name?: string; readonly Operations?: readonly ('Decrypt' | 'Encrypt' | 'GenerateDataKey' | 'GenerateDataKeyWithoutPlaintext' | 'ReEncryptFrom' | 'ReEncryptTo' | 'Sign' | 'Verify' | 'GetPublicKey' | 'CreateGrant' | 'RetireGrant' | 'DescribeKey' | 'GenerateDataKeyPair' | 'GenerateDataKeyPairWithoutPlaintext' | 'GenerateMac' | 'VerifyMac' | 'DeriveSharedSecret' | 'Encapsulate' | 'Decapsulate')[]; readonly RetiringPrincipal?: string; readonly RetiringServicePrincipal?: string })[]; readonly NextMarker?: string; readonly Truncated?: boolean }
  }
  ListTags: {
    readonly input: { readonly ResourceIdList: readonly (string)[]; readonly NextToken?: string }
    readonly output: { readonly NextToken?: string; readonly ResourceTagList?: readonly ({ readonly ResourceId?: string; readonly TagsList?: readonly ({ readonly Key?: string; readonly Value?: string })[] })[] }
  }
  ListTrails: {
    readonly input: { readonly NextToken?: string }
    readonly output: { readonly NextToken?: string; readonly Trails?: readonly ({ readonly HomeRegion?: string; readonly Name?: string; readonly TrailARN?: string })[] }
  }
  LookupEvents: {
    readonly input: { readonly LookupAttributes?: readonly ({ readonly AttributeKey: 'EventId' | 'EventName' | 'ReadOnly' | 'Username' | 'ResourceType' | 'ResourceName' | 'EventSource' | 'AccessKeyId'; readonly AttributeValue: string })[]; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly EventCategory?: string; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Events?: readonly ({ readonly AccessKeyId?: string; readonly CloudTrailEvent?: string; readonly EventId?: string; readonly EventName?: string; readonly EventSource?: string; readonly EventTime?: Seconds; readonly ReadOnly?: string; readonly Resources?: readonly ({ readonly ResourceName?: string; readonly ResourceType?: string })[]; readonly Username?: string })[]; readonly NextToken?: string }
  }
  MoveAccount: {
    readonly input: { readonly AccountId: string; readonly DestinationParentId: string }
    readonly output: Record<string, never>
  }
  PutControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string; readonly Content: string; readonly ExpectedContent?: string }
    readonly output: Record<string, never>
  }
  PutEventSelectors: {
    readonly input: { readonly TrailName: string; readonly EventSelectors?: readonly ({ readonly ReadWriteType?: 'ReadOnly' | 'WriteOnly' | 'All'; readonly IncludeManagementEvents?: boolean; readonly DataResources?: readonly ({ readonly Type?: string; readonly Values?: readonly (string)[] })[]; readonly ExcludeManagementEventSources?: readonly (string)[] })[]; readonly AdvancedEventSelectors?: readonly ({ readonly Name?: string })[] }
    readonly output: { readonly AdvancedEventSelectors?: readonly ({ readonly FieldSelectors?: readonly ({ readonly EndsWith?: readonly (string)[]; readonly Equals?: readonly (string)[]; readonly Field?: string; readonly NotEndsWith?: readonly (string)[]; readonly NotEquals?: readonly (string)[]; readonly NotStartsWith?: readonly (string)[]; readonly StartsWith?: readonly (string)[] })[]; readonly Name?: string })[]; readonly EventSelectors?: readonly ({ readonly DataResources?: readonly ({ readonly Type?: string; readonly Values?: readonly (string)[] })[]; readonly ExcludeManagementEventSources?: readonly (string)[]; readonly IncludeManagementEvents?: boolean; readonly ReadWriteType?: string })[]; readonly TrailARN?: string }
  }
  PutInsightSelectors: {
    readonly input: { readonly TrailName?: string; readonly InsightSelectors: readonly ({ readonly InsightType?: 'ApiCallRateInsight' | 'ApiErrorRateInsight' })[]; readonly EventDataStore?: string; readonly InsightsDestination?: string }
    readonly output: { readonly EventDataStoreArn?: string; readonly InsightSelectors?: readonly ({ readonly EventCategories?: readonly (string)[]; readonly InsightType?: string })[]; readonly InsightsDestination?: string; readonly TrailARN?: string }
  }
  PutKeyPolicy: {
    readonly input: { readonly KeyId: string; readonly PolicyName?: string; readonly Policy: string; readonly BypassPolicyLockoutSafetyCheck?: boolean; readonly ExpectedPolicy?: string }
    readonly output: Record<string, never>
  }
  ReEncrypt: {
    readonly input: { readonly CiphertextBlob?: Base64; readonly SourceKeyId?: string; readonly SourceEncryptionContext?: Readonly<Record<string, string>>; readonly SourceEncryptionAlgorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'; readonly DestinationKeyId: string; readonly DestinationEncryptionContext?: Readonly<Record<string, string>>; readonly DestinationEncryptionAlgorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean; readonly DryRunModifiers?: readonly ('IGNORE_CIPHERTEXT')[] }
    readonly output: { readonly CiphertextBlob?: Base64; readonly SourceKeyId?: string; readonly KeyId?: string; readonly SourceEncryptionAlgorithm?: string; readonly DestinationEncryptionAlgorithm?: string; readonly SourceKeyMaterialId?: string; readonly DestinationKeyMaterialId?: string }
  }
  RemoveTags: {
    readonly input: { readonly ResourceId: string; readonly TagsList: readonly ({ readonly Key: string; readonly Value?: string })[] }
    readonly output: Record<string, never>
  }
  ReplicateKey: {
    readonly input: { readonly KeyId: string; readonly ReplicaRegion: string; readonly Policy?: string; readonly BypassPolicyLockoutSafetyCheck?: boolean; readonly Description?: string; readonly Tags?: readonly ({ readonly TagKey: string; readonly TagValue: string })[] }
    readonly output: { readonly ReplicaKeyMetadata?: { readonly AWSAccountId?: string; readonly Arn?: string; readonly CloudHsmClusterId?: string; readonly CreationDate?: Seconds; readonly CurrentKeyMaterialId?: string; readonly CustomKeyStoreId?: string; readonly CustomerMasterKeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly DeletionDate?: Seconds; readonly Description?: string; readonly Enabled?: boolean; readonly EncapsulationAlgorithms?: readonly ('ML_KEM')[]; readonly EncryptionAlgorithms?: readonly ('SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE')[]; readonly ExpirationModel?: 'KEY_MATERIAL_EXPIRES' | 'KEY_MATERIAL_DOES_NOT_EXPIRE'; readonly KeyAgreementAlgorithms?: readonly ('ECDH')[]; readonly KeyId?: string; readonly KeyManager?: 'AWS' | 'CUSTOMER'; readonly KeySpec?: 'RSA_2048' | 'RSA_3072' | 'RSA_4096' | 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'ECC_NIST_P521' | 'ECC_SECG_P256K1' | 'SYMMETRIC_DEFAULT' | 'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'SM2' | 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87' | 'ECC_NIST_EDWARDS25519' | 'ML_KEM_512' | 'ML_KEM_768' | 'ML_KEM_1024'; readonly KeyState?: 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'Unavailable' | 'Creating' | 'Updating'; readonly KeyUsage?: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'; readonly MacAlgorithms?: readonly ('HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512')[]; readonly MultiRegion?: boolean; readonly MultiRegionConfiguration?: { readonly MultiRegionKeyType?: 'PRIMARY' | 'REPLICA'; readonly PrimaryKey?: { readonly Arn?: string; readonly Region?: string }; readonly ReplicaKeys?: readonly ({ readonly Arn?: string; readonly Region?: string })[] }; readonly Origin?: 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'; readonly PendingDeletionWindowInDays?: number; readonly SigningAlgorithms?: readonly ('RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512')[]; readonly ValidTo?: Seconds; readonly XksKeyConfiguration?: { readonly Id?: string } }; readonly ReplicaPolicy?: string; readonly ReplicaTags?: readonly ({ readonly TagKey?: string; readonly TagValue?: string })[] }
  }
  RetireGrant: {
    readonly input: { readonly GrantToken?: string; readonly KeyId?: string; readonly GrantId?: string; readonly DryRun?: boolean }
    readonly output: Record<string, never>
  }
  RevokeGrant: {
    readonly input: { readonly KeyId: string; readonly GrantId: string; readonly DryRun?: boolean }
    readonly output: Record<string, never>
  }
  RotateKeyOnDemand: {
    readonly input: { readonly KeyId: string }
    readonly output: { readonly KeyId?: string }
  }
  ScheduleKeyDeletion: {
    readonly input: { readonly KeyId: string; readonly PendingWindowInDays?: number }
    readonly output: { readonly DeletionDate?: Seconds; readonly KeyId?: string; readonly KeyState?: 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'Unavailable' | 'Creating' | 'Updating'; readonly PendingWindowInDays?: number }
  }
  SetQuota: {
    readonly input: { readonly AccountId?: string; readonly Name: string; readonly Value: string }
    readonly output: Record<string, never>
  }
  Sign: {
    readonly input: { readonly KeyId: string; readonly Message: Base64; readonly MessageType?: 'RAW' | 'DIGEST' | 'EXTERNAL_MU'; readonly GrantTokens?: readonly (string)[]; readonly SigningAlgorithm: 'RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512'; readonly DryRun?: boolean }
    readonly output: { readonly KeyId?: string; readonly Signature?: Base64; readonly SigningAlgorithm?: 'RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512' }
  }
  SimulateCall: {
    readonly input: { readonly PrincipalArn: string; readonly Action: string; readonly Resource?: string; readonly Context?: readonly ({ readonly Key: string; readonly Values: readonly (string)[] })[]; readonly SessionPolicy?: string; readonly FederatedBy?: string }
    readonly output: { readonly Permission?: { readonly Principal?: string; readonly Action?: string; readonly Resource?: string; readonly Allowed?: boolean; readonly Reason?: string; readonly Decision?: unknown; readonly Policies?: unknown; readonly Complete?: boolean; readonly Grants?: unknown; readonly Context?: readonly ({ readonly Key?: string; readonly Values?: readonly (string)[] })[]; readonly MissingContext?: readonly (string)[]; readonly SmallestChange?: unknown; readonly Withheld?: boolean } }
  }
  StartLogging: {
    readonly input: { readonly Name: string }
    readonly output: Record<string, never>
  }
  StartPasskeyRegistration: {
    readonly input: Record<string, never>
    readonly output: { readonly Challenge?: string; readonly UserHandle?: string; readonly UserName?: string; readonly CredentialIds?: readonly (string)[] }
  }
  StartReport: {
    readonly input: { readonly UnusedDays?: number }
    readonly output: { readonly Run?: { readonly Status?: 'RUNNING' | 'SUCCEEDED' | 'FAILED'; readonly Day?: string; readonly StartedDate?: Seconds; readonly Keys?: number; readonly Findings?: number; readonly Changes?: number; readonly Message?: string } }
  }
  StopLogging: {
    readonly input: { readonly Name: string }
    readonly output: Record<string, never>
  }
  TagResource: {
    readonly input: { readonly KeyId: string; readonly Tags: readonly ({ readonly TagKey: string; readonly TagValue: string })[] }
    readonly output: Record<string, never>
  }
  UntagResource: {
    readonly input: { readonly KeyId: string; readonly TagKeys: readonly (string)[] }
    readonly output: Record<string, never>
  }
  UpdateAlias: {
    readonly input: { readonly AliasName: string; readonly TargetKeyId: string }
    readonly output: Record<string, never>
  }
  UpdateCustomKeyStore: {
    readonly input: { readonly CustomKeyStoreId: string; readonly NewCustomKeyStoreName?: string; readonly CloudHsmClusterId?: string; readonly KeyStorePassword?: string; readonly XksProxyUriEndpoint?: string; readonly XksProxyUriPath?: string; readonly XksProxyVpcEndpointServiceName?: string; readonly XksProxyVpcEndpointServiceOwner?: string; readonly XksProxyAuthenticationCredential?: { readonly AccessKeyId: string; readonly RawSecretAccessKey: string }; readonly XksProxyConnectivity?: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE' }
    readonly output: Record<string, never>
  }
  UpdateKeyDescription: {
    readonly input: { readonly KeyId: string; readonly Description: string }
    readonly output: Record<string, never>
  }
  UpdateOrganizationalUnit: {
    readonly input: { readonly OrganizationalUnitId: string; readonly Name: string }
    readonly output: Record<string, never>
  }
  UpdatePrimaryRegion: {
    readonly input: { readonly KeyId: string; readonly PrimaryRegion: string }
    readonly output: Record<string, never>
  }
  UpdateTrail: {
    readonly input: { readonly Name: string; readonly S3BucketName?: string; readonly S3KeyPrefix?: string; readonly SnsTopicName?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly EnableLogFileValidation?: boolean; readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly KmsKeyId?: string; readonly IsOrganizationTrail?: boolean }
    readonly output: { readonly CloudWatchLogsLogGroupArn?: string; readonly CloudWatchLogsRoleArn?: string; readonly IncludeGlobalServiceEvents?: boolean; readonly IsMultiRegionTrail?: boolean; readonly IsOrganizationTrail?: boolean; readonly KmsKeyId?: string; readonly LogFileValidationEnabled?: boolean; readonly Name?: string; readonly S3BucketName?: string; readonly S3KeyPrefix?: string; readonly SnsTopicARN?: string; readonly SnsTopicName?: string; readonly TrailARN?: string }
  }
  ValidatePolicy: {
    readonly input: { readonly PolicyDocument: string; readonly PolicyType: 'IDENTITY_POLICY' | 'RESOURCE_POLICY' | 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly ValidatePolicyResourceType?: 'AWS::KMS::Key' | 'AWS::IAM::AssumeRolePolicyDocument' }
    readonly output: { readonly Findings?: readonly ({ readonly FindingType?: string; readonly IssueCode?: string; readonly FindingDetails?: string; readonly Statement?: number })[] }
  }
  Verify: {
    readonly input: { readonly KeyId: string; readonly Message: Base64; readonly MessageType?: 'RAW' | 'DIGEST' | 'EXTERNAL_MU'; readonly Signature: Base64; readonly SigningAlgorithm: 'RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512'; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly KeyId?: string; readonly SignatureValid?: boolean; readonly SigningAlgorithm?: 'RSASSA_PSS_SHA_256' | 'RSASSA_PSS_SHA_384' | 'RSASSA_PSS_SHA_512' | 'RSASSA_PKCS1_V1_5_SHA_256' | 'RSASSA_PKCS1_V1_5_SHA_384' | 'RSASSA_PKCS1_V1_5_SHA_512' | 'ECDSA_SHA_256' | 'ECDSA_SHA_384' | 'ECDSA_SHA_512' | 'SM2DSA' | 'ML_DSA_SHAKE_256' | 'ED25519_SHA_512' | 'ED25519_PH_SHA_512' }
  }
  VerifyMac: {
    readonly input: { readonly Message: Base64; readonly KeyId: string; readonly MacAlgorithm: 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'; readonly Mac: Base64; readonly GrantTokens?: readonly (string)[]; readonly DryRun?: boolean }
    readonly output: { readonly KeyId?: string; readonly MacAlgorithm?: 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'; readonly MacValid?: boolean }
  }
  WhatIfControlPolicy: {
    readonly input: { readonly PolicyType: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY'; readonly Name: string; readonly Content: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Calls?: number; readonly Decided?: number; readonly MovedOn?: number; readonly Changes?: unknown; readonly OtherChanges?: number; readonly NotDecided?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly NotExact?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
  WhatIfIdentityPolicy: {
    readonly input: { readonly PolicyDocument: string; readonly PolicyArn?: string; readonly UserName?: string; readonly GroupName?: string; readonly RoleName?: string; readonly PolicyName?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Calls?: number; readonly Decided?: number; readonly MovedOn?: number; readonly Changes?: unknown; readonly OtherChanges?: number; readonly NotDecided?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly NotExact?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
  WhatIfPolicy: {
    readonly input: { readonly KeyId: string; readonly Policy: string; readonly PrincipalArn?: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly KeyArn?: string; readonly LocksOut?: boolean; readonly Calls?: number; readonly Decided?: number; readonly MovedOn?: number; readonly Changes?: unknown; readonly OtherChanges?: number; readonly NotDecided?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly NotExact?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
  WhatIfTrustPolicy: {
    readonly input: { readonly RoleName: string; readonly PolicyDocument: string; readonly StartTime?: Seconds; readonly EndTime?: Seconds; readonly MaxResults?: number; readonly NextToken?: string }
    readonly output: { readonly Calls?: number; readonly Decided?: number; readonly MovedOn?: number; readonly Changes?: unknown; readonly OtherChanges?: number; readonly NotDecided?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly NotExact?: readonly ({ readonly What?: string; readonly Calls?: number; readonly EventIds?: readonly (string)[] })[]; readonly Current?: boolean; readonly NextToken?: string }
  }
}

/** The `X-Amz-Target` of each service, up to the name of the operation. */
export const TARGETS = {"kms":"TrentService.","cloudtrail":"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.","holdfast":"Holdfast_20261101."} as const

/** The service of each operation, and whether it changes nothing. */
export const OPERATIONS = {
  AddTags: ["cloudtrail",false],
  AttachControlPolicy: ["holdfast",false],
  CancelKeyDeletion: ["kms",false],
  ConnectCustomKeyStore: ["kms",false],
  CountEvents: ["holdfast",true],
  CreateAccount: ["holdfast",false],
  CreateAlias: ["kms",false],
  CreateCustomKeyStore: ["kms",false],
  CreateGrant: ["kms",false],
  CreateKey: ["kms",false],
  CreateOrganization: ["holdfast",false],
  CreateOrganizationalUnit: ["holdfast",false],
  CreatePasskey: ["holdfast",false],
  CreateTrail: ["cloudtrail",false],
  Decapsulate: ["kms",true],
  Decrypt: ["kms",true],
  DeleteAlias: ["kms",false],
  DeleteControlPolicy: ["holdfast",false],
  DeleteCustomKeyStore: ["kms",false],
  DeleteImportedKeyMaterial: ["kms",false],
  DeleteOrganizationalUnit: ["holdfast",false],
  DeleteTrail: ["cloudtrail",false],
  DeriveSharedSecret: ["kms",true],
  DescribeCustomKeyStores: ["kms",true],
  DescribeKey: ["kms",true],
  DescribeOrganization: ["holdfast",true],
  DescribeTrails: ["cloudtrail",true],
  DetachControlPolicy: ["holdfast",false],
  DisableKey: ["kms",false],
  DisableKeyRotation: ["kms",false],
  DisconnectCustomKeyStore: ["kms",false],
  EnableKey: ["kms",false],
  EnableKeyRotation: ["kms",false],
  Encapsulate: ["kms",true],
  Encrypt: ["kms",true],
  ExplainCall: ["holdfast",true],
  GenerateDataKey: ["kms",true],
  GenerateDataKeyPair: ["kms",true],
  GenerateDataKeyPairWithoutPlaintext: ["kms",true],
  GenerateDataKeyWithoutPlaintext: ["kms",true],
  GenerateMac: ["kms",true],
  GenerateRandom: ["kms",true],
  GetControlPolicy: ["holdfast",true],
  GetEventSelectors: ["cloudtrail",true],
  GetInsightSelectors: ["cloudtrail",true],
  GetKeyImpact: ["holdfast",true],
  GetKeyLastUsage: ["kms",true],
  GetKeyPolicy: ["kms",true],
  GetKeyRotationStatus: ["kms",true],
  GetMaterialUsage: ["holdfast",true],
  GetParametersForImport: ["kms",true],
  GetPublicKey: ["kms",true],
  GetReport: ["holdfast",true],
  GetServerStatus: ["holdfast",true],
  GetTrail: ["cloudtrail",true],
  GetTrailStatus: ["cloudtrail",true],
  GetUsage: ["holdfast",true],
  ImportKeyMaterial: ["kms",false],
  ListAccounts: ["holdfast",true],
  ListAliases: ["kms",true],
  ListControlPolicies: ["holdfast",true],
  ListGrants: ["kms",true],
  ListInsights: ["holdfast",true],
  ListKeyAccess: ["holdfast",true],
  ListKeyPolicies: ["kms",true],
  ListKeyRotations: ["kms",true],
  ListKeySummaries: ["holdfast",true],
  ListKeys: ["kms",true],
  ListPublicKeys: ["cloudtrail",true],
  ListQuotas: ["holdfast",true],
  ListRefusals: ["holdfast",true],
  ListReports: ["holdfast",true],
  ListResourceTags: ["kms",true],
  ListRetirableGrants: ["kms",true],
  ListTags: ["cloudtrail",true],
  ListTrails: ["cloudtrail",true],
  LookupEvents: ["cloudtrail",true],
  MoveAccount: ["holdfast",false],
  PutControlPolicy: ["holdfast",false],
  PutEventSelectors: ["cloudtrail",false],
  PutInsightSelectors: ["cloudtrail",false],
  PutKeyPolicy: ["kms",false],
  ReEncrypt: ["kms",true],
  RemoveTags: ["cloudtrail",false],
  ReplicateKey: ["kms",false],
  RetireGrant: ["kms",false],
  RevokeGrant: ["kms",false],
  RotateKeyOnDemand: ["kms",false],
  ScheduleKeyDeletion: ["kms",false],
  SetQuota: ["holdfast",false],
  Sign: ["kms",true],
  SimulateCall: ["holdfast",true],
  StartLogging: ["cloudtrail",false],
  StartPasskeyRegistration: ["holdfast",true],
  StartReport: ["holdfast",false],
  StopLogging: ["cloudtrail",false],
  TagResource: ["kms",false],
  UntagResource: ["kms",false],
  UpdateAlias: ["kms",false],
  UpdateCustomKeyStore: ["kms",false],
  UpdateKeyDescription: ["kms",false],
  UpdateOrganizationalUnit: ["holdfast",false],
  UpdatePrimaryRegion: ["kms",false],
  UpdateTrail: ["cloudtrail",false],
  ValidatePolicy: ["holdfast",true],
  Verify: ["kms",true],
  VerifyMac: ["kms",true],
  WhatIfControlPolicy: ["holdfast",true],
  WhatIfIdentityPolicy: ["holdfast",true],
  WhatIfPolicy: ["holdfast",true],
  WhatIfTrustPolicy: ["holdfast",true],
} as const
