locals {
  # A key of each kind: what the provider reads of a key must exist for all of them.
  specs = {
    SYMMETRIC_DEFAULT = "ENCRYPT_DECRYPT"
    RSA_2048          = "ENCRYPT_DECRYPT"
    RSA_3072          = "SIGN_VERIFY"
    ECC_NIST_P256     = "SIGN_VERIFY"
    ECC_NIST_P384     = "KEY_AGREEMENT"
    ECC_SECG_P256K1   = "SIGN_VERIFY"
    HMAC_256          = "GENERATE_VERIFY_MAC"
    HMAC_512          = "GENERATE_VERIFY_MAC"
  }
}

resource "aws_kms_key" "spec" {
  for_each                 = local.specs
  description              = local.description
  customer_master_key_spec = each.key
  key_usage                = each.value
  is_enabled               = local.first
  deletion_window_in_days  = 7
  tags                     = local.tags
}

resource "aws_kms_key" "main" {
  description             = local.description
  enable_key_rotation     = true
  rotation_period_in_days = local.first ? 100 : 200
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = "main"
    Statement = [
      {
        Sid       = ""
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Round"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.main.arn }
        Action    = local.first ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:DescribeKey"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_key_policy" "apart" {
  key_id = aws_kms_key.spec["HMAC_256"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = local.first ? "One" : "Two"
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.current.account_id }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "main" {
  name          = "alias/terraform/main"
  target_key_id = local.first ? aws_kms_key.main.key_id : aws_kms_key.other.key_id
}

resource "aws_kms_key" "other" {
  deletion_window_in_days = 7
}

resource "aws_kms_grant" "main" {
  name              = "terraform"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.main.arn
  operations        = ["Encrypt", "Decrypt", "DescribeKey"]
  constraints {
    encryption_context_subset = { Department = "Finance" }
  }
}

resource "aws_kms_ciphertext" "main" {
  key_id    = aws_kms_key.main.key_id
  plaintext = "a value"
  context   = { Department = "Finance" }
}

resource "aws_kms_key" "primary" {
  description             = local.description
  multi_region            = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_key" "main" {
  provider                = aws.replica
  description             = local.description
  primary_key_arn         = aws_kms_key.primary.arn
  deletion_window_in_days = 7
  enabled                 = local.first
  tags                    = local.tags
}

# A made-up secret of 256 bits, which protects nothing.
locals {
  material = base64encode("terraform imports this text here")
}

resource "aws_kms_external_key" "main" {
  description             = local.description
  key_material_base64     = local.material
  enabled                 = local.first
  valid_to                = var.valid_to
  deletion_window_in_days = 7
  tags                    = local.tags
}

resource "aws_kms_external_key" "primary" {
  multi_region            = true
  key_material_base64     = local.material
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_external_key" "main" {
  provider                = aws.replica
  description             = local.description
  primary_key_arn         = aws_kms_external_key.primary.arn
  key_material_base64     = local.material
  deletion_window_in_days = 7
  tags                    = local.tags
}

# What configurations read of what is there.
data "aws_kms_alias" "main" {
  name = aws_kms_alias.main.name
}

data "aws_kms_key" "by_spec" {
  for_each = local.specs
  key_id   = aws_kms_key.spec[each.key].key_id
}

data "aws_kms_public_key" "by_spec" {
  for_each = toset(["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1"])
  # A public key is not given of a key that is disabled.
  key_id = local.first ? aws_kms_key.spec[each.key].key_id : aws_kms_key.signing.key_id
}

resource "aws_kms_key" "signing" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7
}

data "aws_kms_secrets" "main" {
  secret {
    name    = "value"
    payload = aws_kms_ciphertext.main.ciphertext_blob
    context = { Department = "Finance" }
  }
}

output "secret" {
  value = nonsensitive(data.aws_kms_secrets.main.plaintext["value"])
}
