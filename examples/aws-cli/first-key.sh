#!/bin/sh
# Creates a key, gives it an alias, encrypts a file and decrypts it again.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# 1. Create a key. From here on, the alias stands for the key id.
key_id=$(aws kms create-key --description 'my first key' --query KeyMetadata.KeyId --output text)
aws kms create-alias --alias-name alias/first --target-key-id "$key_id"

# 2. Encrypt a file. The encryption context is not secret; Decrypt needs the same context again.
printf 'my secret' >"$folder/secret.txt"
aws kms encrypt --key-id alias/first --plaintext "fileb://$folder/secret.txt" \
  --encryption-context purpose=tutorial \
  --query CiphertextBlob --output text | base64 --decode >"$folder/secret.enc"

# 3. Decrypt it. The ciphertext names its key, so Decrypt needs no key id.
plaintext=$(aws kms decrypt --ciphertext-blob "fileb://$folder/secret.enc" \
  --encryption-context purpose=tutorial \
  --query Plaintext --output text | base64 --decode)
echo "decrypted: $plaintext"

# 4. Without the context, Decrypt fails.
if aws kms decrypt --ciphertext-blob "fileb://$folder/secret.enc" >"$folder/output" 2>&1; then
  echo 'this must not succeed' >&2
  exit 1
fi
grep -o InvalidCiphertextException "$folder/output" | sed 's/^/without the context: /'
