// Creates a key, gives it an alias, encrypts a text and decrypts it again.
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  KMSClient,
} from '@aws-sdk/client-kms'

// The client takes endpoint, region and credentials from the environment that `holdfast env` sets.
const kms = new KMSClient({})

// 1. Create a key. From here on, the alias stands for the key id.
const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'my first key' }))
await kms.send(new CreateAliasCommand({ AliasName: 'alias/first', TargetKeyId: KeyMetadata.KeyId }))

// 2. Encrypt. The encryption context is not secret; Decrypt needs the same context again.
const EncryptionContext = { purpose: 'tutorial' }
const { CiphertextBlob } = await kms.send(
  new EncryptCommand({ KeyId: 'alias/first', Plaintext: Buffer.from('my secret'), EncryptionContext }),
)

// 3. Decrypt. The ciphertext names its key, so Decrypt needs no key id.
const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
console.log('decrypted:', Buffer.from(Plaintext).toString())

// 4. Without the context, Decrypt fails.
try {
  await kms.send(new DecryptCommand({ CiphertextBlob }))
} catch (error) {
  console.log('without the context:', error.name)
}
