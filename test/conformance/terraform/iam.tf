data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.main.arn]
    }
  }
  statement {
    sid     = local.first ? "One" : "Two"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "web" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.main.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "ci.example.com:sub"
      values   = ["repo:${local.first ? "one" : "two"}"]
    }
  }
}

data "aws_iam_policy_document" "use" {
  statement {
    actions   = local.first ? ["kms:Encrypt"] : ["kms:Encrypt", "kms:Decrypt"]
    resources = ["*"]
  }
  statement {
    effect    = "Deny"
    actions   = ["kms:ScheduleKeyDeletion"]
    resources = ["*"]
    condition {
      test     = "NumericLessThan"
      variable = "kms:ScheduleKeyDeletionPendingWindowInDays"
      values   = ["14"]
    }
  }
}

resource "aws_iam_user" "main" {
  name          = "terraform-user"
  path          = local.first ? "/one/" : "/two/"
  force_destroy = true
  tags          = local.tags
}

resource "aws_iam_access_key" "main" {
  user   = aws_iam_user.main.name
  status = local.first ? "Active" : "Inactive"
}

resource "aws_iam_user_policy" "main" {
  name   = "inline"
  user   = aws_iam_user.main.name
  policy = data.aws_iam_policy_document.use.json
}

resource "aws_iam_user_policy_attachment" "main" {
  user       = aws_iam_user.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_group" "main" {
  name = "terraform-group"
  path = local.first ? "/one/" : "/two/"
}

resource "aws_iam_group_policy" "main" {
  name   = "inline"
  group  = aws_iam_group.main.name
  policy = data.aws_iam_policy_document.use.json
}

resource "aws_iam_group_policy_attachment" "main" {
  group      = aws_iam_group.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_group_membership" "main" {
  name  = "members"
  group = aws_iam_group.main.name
  users = [aws_iam_user.main.name]
}

resource "aws_iam_group" "second" {
  name = "terraform-second"
}

resource "aws_iam_user" "second" {
  name                 = "terraform-second"
  permissions_boundary = local.first ? aws_iam_policy.main.arn : null
}

resource "aws_iam_user_group_membership" "second" {
  user   = aws_iam_user.second.name
  groups = [aws_iam_group.second.name]
}

resource "aws_iam_policy" "main" {
  name        = "terraform-policy"
  description = "stays"
  policy      = data.aws_iam_policy_document.use.json
  tags        = local.tags
}

resource "aws_iam_policy_attachment" "everywhere" {
  name       = "everywhere"
  roles      = [aws_iam_role.web.name]
  policy_arn = aws_iam_policy.everywhere.arn
}

resource "aws_iam_policy" "everywhere" {
  name   = "terraform-everywhere"
  policy = data.aws_iam_policy_document.use.json
}

resource "aws_iam_role" "main" {
  name                 = "terraform-role"
  description          = local.description
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = local.first ? 3600 : 7200
  permissions_boundary = aws_iam_policy.main.arn
  tags                 = local.tags
}

resource "aws_iam_role" "web" {
  name_prefix           = "terraform-web-"
  assume_role_policy    = data.aws_iam_policy_document.web.json
  force_detach_policies = true
}

resource "aws_iam_role_policy" "main" {
  name   = "inline"
  role   = aws_iam_role.main.id
  policy = data.aws_iam_policy_document.use.json
}

resource "aws_iam_role_policy_attachment" "main" {
  role       = aws_iam_role.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_role_policies_exclusive" "main" {
  role_name    = aws_iam_role.main.name
  policy_names = [aws_iam_role_policy.main.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "main" {
  role_name   = aws_iam_role.main.name
  policy_arns = [aws_iam_role_policy_attachment.main.policy_arn]
}

resource "aws_iam_user_policies_exclusive" "main" {
  user_name    = aws_iam_user.main.name
  policy_names = [aws_iam_user_policy.main.name]
}

resource "aws_iam_user_policy_attachments_exclusive" "main" {
  user_name   = aws_iam_user.main.name
  policy_arns = [aws_iam_user_policy_attachment.main.policy_arn]
}

resource "aws_iam_group_policies_exclusive" "main" {
  group_name   = aws_iam_group.main.name
  policy_names = [aws_iam_group_policy.main.name]
}

resource "aws_iam_group_policy_attachments_exclusive" "main" {
  group_name  = aws_iam_group.main.name
  policy_arns = [aws_iam_group_policy_attachment.main.policy_arn]
}

resource "aws_iam_instance_profile" "main" {
  name = "terraform-profile"
  role = aws_iam_role.main.name
  tags = local.tags
}

resource "aws_iam_openid_connect_provider" "main" {
  url             = "https://ci.example.com"
  client_id_list  = local.first ? ["sts.amazonaws.com"] : ["sts.amazonaws.com", "second"]
  thumbprint_list = ["0123456789012345678901234567890123456789"]
  tags            = local.tags
}

resource "aws_iam_service_linked_role" "main" {
  aws_service_name = "elasticloadbalancing.amazonaws.com"
  description      = local.description
  tags             = local.tags
}

resource "aws_iam_account_alias" "main" {
  account_alias = "terraform-alias"
}

resource "aws_iam_account_password_policy" "main" {
  minimum_password_length = local.first ? 12 : 16
  require_symbols         = true
  max_password_age        = 90
}

resource "aws_iam_user_login_profile" "main" {
  user                    = aws_iam_user.main.name
  password_length         = 24
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.main]
  lifecycle {
    # What an import cannot read.
    ignore_changes = [password_length, password_reset_required]
  }
}

resource "aws_iam_virtual_mfa_device" "main" {
  virtual_mfa_device_name = "terraform-device"
  path                    = "/terraform/"
  tags                    = local.tags
}

data "aws_iam_policy" "managed" {
  name = "AWSKeyManagementServicePowerUser"
}

data "aws_iam_role" "main" {
  name = aws_iam_role.main.name
}

data "aws_iam_user" "main" {
  user_name = aws_iam_user.main.name
}

data "aws_iam_group" "main" {
  group_name = aws_iam_group_membership.main.group
}

data "aws_iam_roles" "all" {
  depends_on = [aws_iam_role.main]
}

data "aws_iam_users" "all" {
  depends_on = [aws_iam_user.main]
}

data "aws_iam_session_context" "current" {
  arn = data.aws_caller_identity.current.arn
}

data "aws_iam_principal_policy_simulation" "main" {
  policy_source_arn = aws_iam_role.main.arn
  action_names      = ["kms:Encrypt"]
  depends_on        = [aws_iam_role_policy_attachment.main, aws_iam_role_policy.main]
}

output "simulated" {
  value = data.aws_iam_principal_policy_simulation.main.all_allowed
}
