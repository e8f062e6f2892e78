/** Texts of the page of custom key stores. */
export const STORE_TEXTS = {
  title: 'Custom key stores',
  about:
    'Proxies and hardware security modules that hold keys outside Holdfast. Stores of type AWS_CLOUDHSM are created with the AWS CLI.',
  empty: 'There are no custom key stores in this region.',
  name: 'Name',
  id: 'Store ID',
  state: 'Connection',
  proxy: 'Proxy',
  actions: 'Actions',
  actionOf: '{action} {name}',
  create: 'Create external key store',
  createAbout:
    'The owner of the proxy gives you its address and a credential. Nobody can read the secret afterwards.',
  created: 'The store was created. Connect it to create keys in it.',
  fields: {
    name: ['Store name', 'Up to 256 characters'],
    endpoint: ['Proxy URI endpoint', 'For example https://xks.example'],
    path: ['Proxy URI path', 'It ends with /kms/xks/v1'],
    accessKeyId: ['Access key ID', '20 to 30 letters A to Z and digits 2 to 7'],
    secret: ['Secret access key', '43 to 64 characters of base64'],
  },
  wrong: 'This does not have the form below.',
  connect: 'Connect',
  disconnect: 'Disconnect',
  delete: 'Delete',
  titles: { connect: 'Connect {name}', disconnect: 'Disconnect {name}', delete: 'Delete {name}' },
  connectAbout: 'Holdfast asks the proxy for its health. The state shows the result within a second.',
  warnings: {
    disconnect: 'Every call that uses a key of this store fails until somebody connects the store again.',
    delete: 'Only a store without keys can be deleted. The keys of the proxy stay there.',
  },
  confirm: 'To confirm, type {name}',
  done: {
    connect: 'The connection is being made',
    disconnect: 'The store was disconnected',
    delete: 'The store was deleted',
  },
} as const
