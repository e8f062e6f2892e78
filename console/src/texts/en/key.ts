/** Texts of what depends on a key. */
export const IMPACT_TEXTS = {
  reading: 'Holdfast reads the recorded calls on this key.',
  noConsequences: 'Holdfast knows of nothing that fails without this key.',
  consequences: 'What fails without this key',
  users: 'Who has used it',
  usersEmpty: 'No recorded call has used this key.',
  moreUsers: '{count} more are not shown.',
  counts: '{grants} grants and {statements} policy statements name this key.',
  notCurrent: 'The index does not have the latest calls yet.',
  notKnown: 'The impact is unknown, because you may not read it. Ask somebody who may before you continue.',
  principal: 'Principal',
  operation: 'Operation',
  calls: 'Calls',
  last: 'Last call',
  disableTitle: 'Disable this key',
  disableWarn: 'Every call that uses this key fails until somebody enables it again.',
  confirm: 'To confirm, type {name}',
} as const

/** Texts of the grants of a key. */
export const GRANT_TEXTS = {
  title: 'Grants',
  about: 'A grant allows a principal to use the key, in addition to policies.',
  empty: 'This key has no grants.',
  id: 'Grant ID',
  name: 'Name',
  grantee: 'Grantee',
  operations: 'Operations',
  constraints: 'Constraints',
  retiring: 'Retiring principal',
  created: 'Created',
  revoke: 'Revoke',
  retire: 'Retire',
  revoked: 'The grant was revoked',
  retired: 'The grant was retired',
  create: 'Create grant',
  madeTitle: 'The grant was created',
  made: 'Grant {id}',
  granteeAbout: 'The ARN of a user, role or account, also of another account.',
  granteeWrong: 'Enter an ARN, such as arn:aws:iam::111122223333:role/worker',
  retiringAbout: 'Who may retire the grant when its task is done.',
  context: 'Encryption context',
  contextAbout: 'Calls with the grant need an encryption context that contains these pairs.',
  addPair: 'Add pair',
  nothing: 'No pairs',
  chooseOperations: 'Choose at least one operation',
} as const

/** Texts of key materials. */
export const MATERIAL_TEXTS = {
  title: 'Key materials',
  about: 'The current key material encrypts. Each former one goes on decrypting what it has encrypted.',
  decrypts: 'Recorded decryptions',
  lastDecrypt: 'Last decryption',
  none: 'No recorded decryption',
  by: '{count} by {principal}',
  from: 'Current since',
  expires: 'Expires',
  present: 'Imported',
} as const

/** Texts of a public key. */
export const PUBLIC_KEY_TEXTS = {
  title: 'Public key',
  about: 'Anybody may have the public key. With it, programs encrypt or verify without a call.',
  downloadPem: 'Download PEM',
  downloadDer: 'Download DER',
  downloadJwk: 'Download JWK',
  noJwk: 'The browser cannot convert this key spec to JWK.',
} as const

/** Texts of the import of key material. */
export const IMPORT_TEXTS = {
  title: 'Import key material',
  steps: ['Wrapping key and import token', 'Wrap your key material', 'Upload and expiry'],
  waits: 'This key has no key material. Import it in three steps.',
  has: 'This key has key material. You can import the same key material again, or delete it.',
  algorithm: 'Wrapping algorithm',
  spec: 'Wrapping key spec',
  get: 'Get wrapping key and import token',
  validTo: 'Both are valid until {time}.',
  downloadKey: 'Download wrapping key',
  downloadToken: 'Download import token',
  commands: 'Wrap the key material on the machine that has it:',
  material: 'Your key material is in the file {file}.',
  upload: 'Wrapped key material',
  uploadAbout: 'The file EncryptedKeyMaterial.bin that the commands have written.',
  choose: 'Choose file',
  expires: 'The key material expires',
  never: 'The key material does not expire',
  expiresOn: 'Expires on',
  expiresAt: 'At (UTC)',
  import: 'Import',
  imported: 'The key material was imported',
  delete: 'Delete key material',
  deleted: 'The key material was deleted',
  tokenFirst: 'Get a wrapping key and an import token first.',
} as const

/** Texts of the Regions of a multi-Region key. */
export const REGION_TEXTS = {
  title: 'Regions of this key',
  single:
    'This key is a single-Region key. Only a key that was created as a multi-Region key can have replicas.',
  region: 'Region',
  role: 'Role',
  primary: 'Primary',
  replica: 'Replica',
  replicate: 'Replicate this key',
  replicaRegion: 'Region of the replica',
  regionWrong: 'Enter a Region, such as eu-central-1',
  replicated: 'The replica was created',
  makePrimary: 'Make primary',
  madePrimary: 'The primary Region changes',
  arn: 'ARN',
} as const

/** Texts of the facts of a key. */
export const FACT_TEXTS = {
  lastUsed: 'Last used',
  neverUsed: 'Not since {time}',
  lastBy: '{operation}, {time}',
  description: 'Description',
  editDescription: 'Edit description',
  store: 'Custom key store',
  storeState: 'Connection',
  storeProxy: 'External key store proxy',
  xksKey: 'External key ID',
  expires: 'Key material expires',
} as const
