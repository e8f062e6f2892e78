import { answer, boolean, instant, integer, list, text, texts } from '../api/shapes.ts'

/** MultiRegionKey. Source: the service model. */
export const MULTI_REGION_KEY_ANSWER = answer({ Arn: text(), Region: text() })

/** MultiRegionConfiguration. Source: the service model. */
export const MULTI_REGION_CONFIGURATION_ANSWER = answer({
  MultiRegionKeyType: text(),
  PrimaryKey: MULTI_REGION_KEY_ANSWER,
  ReplicaKeys: list(MULTI_REGION_KEY_ANSWER),
})

/** XksKeyConfigurationType. Source: the service model. */
const XKS_KEY_CONFIGURATION_TYPE_ANSWER = answer({ Id: text() })

/** KeyMetadata. Source: the service model. */
export const KEY_METADATA_ANSWER = answer({
  AWSAccountId: text(),
  Arn: text(),
  CloudHsmClusterId: text(),
  CreationDate: instant(),
  CurrentKeyMaterialId: text(),
  CustomKeyStoreId: text(),
  CustomerMasterKeySpec: text(),
  DeletionDate: instant(),
  Description: text(),
  Enabled: boolean(),
  EncapsulationAlgorithms: list(text()),
  EncryptionAlgorithms: list(text()),
  ExpirationModel: text(),
  KeyAgreementAlgorithms: list(text()),
  KeyId: text(),
  KeyManager: text(),
  KeySpec: text(),
  KeyState: text(),
  KeyUsage: text(),
  MacAlgorithms: list(text()),
  MultiRegion: boolean(),
  MultiRegionConfiguration: MULTI_REGION_CONFIGURATION_ANSWER,
  Origin: text(),
  PendingDeletionWindowInDays: integer(),
  SigningAlgorithms: list(text()),
  ValidTo: instant(),
  XksKeyConfiguration: XKS_KEY_CONFIGURATION_TYPE_ANSWER,
})

/** XksProxyConfigurationType. Source: the service model. */
const XKS_PROXY_CONFIGURATION_TYPE_ANSWER = answer({
  AccessKeyId: text(),
  Connectivity: text(),
  UriEndpoint: text(),
  UriPath: text(),
  VpcEndpointServiceName: text(),
  VpcEndpointServiceOwner: text(),
})

/** CustomKeyStoresListEntry. Source: the service model. */
export const CUSTOM_KEY_STORES_LIST_ENTRY_ANSWER = answer({
  CloudHsmClusterId: text(),
  ConnectionErrorCode: text(),
  ConnectionState: text(),
  CreationDate: instant(),
  CustomKeyStoreId: text(),
  CustomKeyStoreName: text(),
  CustomKeyStoreType: text(),
  TrustAnchorCertificate: text(),
  XksProxyConfiguration: XKS_PROXY_CONFIGURATION_TYPE_ANSWER,
})

/** KeyLastUsageData. Source: the service model. */
export const KEY_LAST_USAGE_DATA_ANSWER = answer({
  CloudTrailEventId: text(),
  KmsRequestId: text(),
  Operation: text(),
  Timestamp: instant(),
})

/** GrantConstraints. Source: the service model. */
export const GRANT_CONSTRAINTS_ANSWER = answer({
  EncryptionContextEquals: texts(),
  EncryptionContextSubset: texts(),
  SourceArn: text(),
})

/** GrantListEntry. Source: the service model. */
export const GRANT_LIST_ENTRY_ANSWER = answer({
  Constraints: GRANT_CONSTRAINTS_ANSWER,
  CreationDate: instant(),
  GrantId: text(),
  GranteePrincipal: text(),
  GranteeServicePrincipal: text(),
  IssuingAccount: text(),
  KeyId: text(),
  Name: text(),
  Operations: list(text()),
  RetiringPrincipal: text(),
  RetiringServicePrincipal: text(),
})

/** RotationsListEntry. Source: the service model. */
export const ROTATIONS_LIST_ENTRY_ANSWER = answer({
  ExpirationModel: text(),
  ImportState: text(),
  KeyId: text(),
  KeyMaterialDescription: text(),
  KeyMaterialId: text(),
  KeyMaterialState: text(),
  RotationDate: instant(),
  RotationType: text(),
  ValidTo: instant(),
})

/** KeyListEntry. Source: the service model. */
export const KEY_LIST_ENTRY_ANSWER = answer({ KeyArn: text(), KeyId: text() })

/** Tag. Source: the service model. */
export const TAG_ANSWER = answer({ TagKey: text(), TagValue: text() })

/** AliasListEntry. Source: the service model. */
export const ALIAS_LIST_ENTRY_ANSWER = answer({
  AliasName: text(),
  AliasArn: text(),
  TargetKeyId: text(),
  CreationDate: instant(),
  LastUpdatedDate: instant(),
})
