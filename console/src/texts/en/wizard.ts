/** Texts of the wizard about origins, custom key stores and regions. */
export const WIZARD_TEXTS = {
  sm2: 'Only the regions of the setting HOLDFAST_SM2_REGIONS have SM2 keys: the server refuses them elsewhere.',
  origins: {
    AWS_KMS: ['Holdfast makes it', 'The usual choice.'],
    EXTERNAL: ['You import it', 'The key waits for your key material.'],
    EXTERNAL_KEY_STORE: [
      'It stays in an external key store',
      'A proxy outside Holdfast holds the key. Every call needs that proxy.',
    ],
    AWS_CLOUDHSM: ['It is in a hardware security module', ''],
  },
  problems: {
    cluster: 'Keys in key stores of type AWS_CLOUDHSM are created with the AWS CLI.',
    notImportable: 'Key material of this key spec cannot be imported.',
    symmetric: 'Only symmetric encryption keys can be in an external key store.',
  },
  store: 'Custom key store',
  storeAbout: 'Only connected stores can hold new keys.',
  stores: 'Custom key stores',
  notConnected: 'Connect the store first.',
  chooseStore: 'Choose a store',
  noStores: 'There are no custom key stores in this region.',
  xksKey: 'External key ID',
  xksKeyAbout: 'The ID that the proxy has for an existing key. One KMS key uses it.',
  xksKeyWrong: 'Use 1 to 128 letters, digits, and - _ .',
  noMultiRegion: 'Keys in custom key stores are in one region.',
  replicas: 'Replicas',
  replicasAbout:
    'The wizard replicates the key into these regions, with the same policy, description and tags.',
  replicateLater: 'Import the key material first. Then replicate the key on its page.',
  addReplica: 'Add region',
  noReplicas: 'No replicas',
  replicaRegion: 'Replica region',
  regionExample: 'eu-west-1',
  regionWrong: 'Enter another region than that of the key, once, for example eu-west-1.',
  laterFailed: 'The key was created, but not everything after it',
} as const
