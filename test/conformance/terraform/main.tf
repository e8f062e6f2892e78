# Each resource of the AWS provider that is about KMS or IAM, and that Holdfast serves.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

# What is changed in place from the first round to the second.
variable "round" {
  type    = number
  default = 1
}

# When imported material expires, in RFC 3339: at most a year from now.
variable "valid_to" {
  type = string
}

locals {
  description = "round ${var.round}"
  tags        = { Round = tostring(var.round), Same = "yes" }
  first       = var.round == 1
}

provider "aws" {
  region                  = "eu-west-1"
  skip_region_validation  = true
  skip_metadata_api_check = true
  endpoints {
    kms = var.endpoint
    iam = var.endpoint
    sts = var.endpoint
  }
  default_tags {
    tags = { Managed = "terraform" }
  }
}

provider "aws" {
  alias                   = "replica"
  region                  = "eu-central-1"
  skip_region_validation  = true
  skip_metadata_api_check = true
  endpoints {
    kms = var.endpoint
    iam = var.endpoint
    sts = var.endpoint
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
