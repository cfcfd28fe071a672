# The global table: made in the primary's AWS region, with a replica in each other one. Which region
# that is changes nothing for the app: every replica takes writes.
resource "aws_dynamodb_table" "app" {
  #checkov:skip=CKV_AWS_119:a key of one's own is a choice; keys have to be there in every region
  name         = var.table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = var.keys.partition
  range_key    = var.keys.sort

  # Global tables are replicated by it.
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"

  deletion_protection_enabled = true

  attribute {
    name = var.keys.partition
    type = "S"
  }

  attribute {
    name = var.keys.sort
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  dynamic "replica" {
    for_each = toset([for name, region in var.regions : region.aws if name != var.primary])

    content {
      region_name                 = replica.value
      point_in_time_recovery      = true
      deletion_protection_enabled = true
      propagate_tags              = true
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
