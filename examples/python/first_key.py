"""Creates a key, gives it an alias, encrypts a text and decrypts it again."""

import boto3
from botocore.exceptions import ClientError

# The client takes endpoint, region and credentials from the environment that `holdfast env` sets.
kms = boto3.client("kms")

# 1. Create a key. From here on, the alias stands for the key id.
key = kms.create_key(Description="my first key")["KeyMetadata"]
kms.create_alias(AliasName="alias/first", TargetKeyId=key["KeyId"])

# 2. Encrypt. The encryption context is not secret; Decrypt needs the same context again.
context = {"purpose": "tutorial"}
ciphertext = kms.encrypt(
    KeyId="alias/first", Plaintext=b"my secret", EncryptionContext=context
)["CiphertextBlob"]

# 3. Decrypt. The ciphertext names its key, so Decrypt needs no key id.
plaintext = kms.decrypt(CiphertextBlob=ciphertext, EncryptionContext=context)["Plaintext"]
print("decrypted:", plaintext.decode())

# 4. Without the context, Decrypt fails.
try:
    kms.decrypt(CiphertextBlob=ciphertext)
except ClientError as error:
    print("without the context:", error.response["Error"]["Code"])
