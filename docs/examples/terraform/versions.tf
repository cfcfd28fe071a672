terraform {
  required_version = ">= 1.6"

  required_providers {
    linode = {
      source  = "linode/linode"
      version = "~> 3.0"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

# LINODE_TOKEN in the environment. It is another token than the coordinator's, which needs no more
# than domains:read_write and nodebalancers:read_only.
provider "linode" {}

# The table is made here and replicated to the others.
provider "aws" {
  region = var.regions[var.primary].aws
}
