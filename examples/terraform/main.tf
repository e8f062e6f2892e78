# Creates a key, gives it an alias, encrypts a text and decrypts it again.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# The provider takes endpoint, region and credentials from the environment that `holdfast env` sets.
provider "aws" {
  skip_metadata_api_check = true
}

# 1. Create a key. From here on, the alias stands for the key id.
resource "aws_kms_key" "first" {
  description         = "my first key"
  enable_key_rotation = true
}

resource "aws_kms_alias" "first" {
  name          = "alias/first"
  target_key_id = aws_kms_key.first.key_id
}

# 2. Encrypt. The encryption context is not secret; Decrypt needs the same context again.
resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.first.key_id
  plaintext = "my secret"
  context   = { purpose = "tutorial" }
}

# 3. Decrypt. The ciphertext names its key, so Decrypt needs no key id.
data "aws_kms_secrets" "secret" {
  secret {
    name    = "secret"
    payload = aws_kms_ciphertext.secret.ciphertext_blob
    context = { purpose = "tutorial" }
  }
}

output "decrypted" {
  value     = data.aws_kms_secrets.secret.plaintext["secret"]
  sensitive = true
}
