import {
  ENCRYPTION_ALGORITHMS,
  KEY_ORIGINS,
  KEY_SPEC_NAMES,
  KEY_USAGES,
  MAC_ALGORITHMS,
  SIGNING_ALGORITHMS,
} from '../api/key-specs.ts'
import { always, answer, boolean, instant, integer, list, oneOf, text, texts } from '../api/shapes.ts'
import { GRANT_OPERATIONS } from './grants/grant-record.ts'
import { CONNECTION_ERROR_CODES } from './key-stores/connection-errors.ts'
import { KEY_STATES } from './keys/key-record.ts'

/** MultiRegionKey. Source: the service model. */
export const MULTI_REGION_KEY_ANSWER = answer({ Arn: always(text()), Region: always(text()) })

/** MultiRegionConfiguration. Source: the service model. */
export const MULTI_REGION_CONFIGURATION_ANSWER = answer({
  MultiRegionKeyType: always(oneOf('PRIMARY', 'REPLICA')),
  PrimaryKey: always(MULTI_REGION_KEY_ANSWER),
  ReplicaKeys: always(list(MULTI_REGION_KEY_ANSWER)),
})

/** XksKeyConfigurationType. Source: the service model. */
const XKS_KEY_CONFIGURATION_TYPE_ANSWER = answer({ Id: always(text()) })

/** KeyMetadata. Source: the service model. */
export const KEY_METADATA_ANSWER = answer({
  AWSAccountId: always(text()),
  Arn: always(text()),
  CloudHsmClusterId: text(),
  CreationDate: always(instant()),
  CurrentKeyMaterialId: text(),
  CustomKeyStoreId: text(),
  CustomerMasterKeySpec: always(oneOf(...KEY_SPEC_NAMES)),
  DeletionDate: instant(),
  Description: always(text()),
  Enabled: always(boolean()),
  EncapsulationAlgorithms: list(oneOf('ML_KEM')),
  EncryptionAlgorithms: list(oneOf(...ENCRYPTION_ALGORITHMS)),
  ExpirationModel: oneOf('KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'),
  KeyAgreementAlgorithms: list(oneOf('ECDH')),
  KeyId: always(text()),
  KeyManager: always(oneOf('AWS', 'CUSTOMER')),
  KeySpec: always(oneOf(...KEY_SPEC_NAMES)),
  KeyState: always(oneOf(...KEY_STATES)),
  KeyUsage: always(oneOf(...KEY_USAGES)),
  MacAlgorithms: list(oneOf(...MAC_ALGORITHMS)),
  MultiRegion: always(boolean()),
  MultiRegionConfiguration: MULTI_REGION_CONFIGURATION_ANSWER,
  Origin: always(oneOf(...KEY_ORIGINS)),
  PendingDeletionWindowInDays: integer(),
  SigningAlgorithms: list(oneOf(...SIGNING_ALGORITHMS)),
  ValidTo: instant(),
  XksKeyConfiguration: XKS_KEY_CONFIGURATION_TYPE_ANSWER,
})

/** XksProxyConfigurationType. Source: the service model. */
const XKS_PROXY_CONFIGURATION_TYPE_ANSWER = answer({
  AccessKeyId: text(),
  Connectivity: always(oneOf('PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE')),
  UriEndpoint: text(),
  UriPath: text(),
  VpcEndpointServiceName: text(),
  VpcEndpointServiceOwner: text(),
})

/** CustomKeyStoresListEntry. Source: the service model. */
export const CUSTOM_KEY_STORES_LIST_ENTRY_ANSWER = answer({
  CloudHsmClusterId: text(),
  ConnectionErrorCode: oneOf(...CONNECTION_ERROR_CODES),
  ConnectionState: always(oneOf('CONNECTED', 'CONNECTING', 'FAILED', 'DISCONNECTED', 'DISCONNECTING')),
  CreationDate: instant(),
  CustomKeyStoreId: always(text()),
  CustomKeyStoreName: always(text()),
  CustomKeyStoreType: always(oneOf('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')),
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
  GrantId: always(text()),
  GranteePrincipal: text(),
  GranteeServicePrincipal: text(),
  IssuingAccount: always(text()),
  KeyId: always(text()),
  Name: text(),
  Operations: always(list(oneOf(...GRANT_OPERATIONS))),
  RetiringPrincipal: text(),
  RetiringServicePrincipal: text(),
})

/** RotationsListEntry. Source: the service model. */
export const ROTATIONS_LIST_ENTRY_ANSWER = answer({
  ExpirationModel: oneOf('KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'),
  ImportState: oneOf('IMPORTED', 'PENDING_IMPORT'),
  KeyId: text(),
  KeyMaterialDescription: text(),
  KeyMaterialId: text(),
  KeyMaterialState: oneOf(
    'NON_CURRENT',
    'CURRENT',
    'PENDING_ROTATION',
    'PENDING_MULTI_REGION_IMPORT_AND_ROTATION',
  ),
  RotationDate: instant(),
  RotationType: oneOf('AUTOMATIC', 'ON_DEMAND'),
  ValidTo: instant(),
})

/** KeyListEntry. Source: the service model. */
export const KEY_LIST_ENTRY_ANSWER = answer({ KeyArn: always(text()), KeyId: always(text()) })

/** Tag. Source: the service model. */
export const TAG_ANSWER = answer({ TagKey: always(text()), TagValue: always(text()) })

/** AliasListEntry. Source: the service model. */
export const ALIAS_LIST_ENTRY_ANSWER = answer({
  AliasName: always(text()),
  AliasArn: always(text()),
  TargetKeyId: text(),
  CreationDate: instant(),
  LastUpdatedDate: instant(),
})
