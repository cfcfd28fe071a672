resource "linode_domain" "zone" {
  type      = "master"
  domain    = var.zone
  soa_email = var.soa_email
  # How long "there is no such name" is kept.
  ttl_sec = 300

  lifecycle {
    prevent_destroy = true
  }
}

# Made here, moved by Signalbox. Without `ignore_changes` the next apply would put users back where
# Terraform thinks they belong, into the region that just failed.
resource "linode_domain_record" "app" {
  domain_id   = linode_domain.zone.id
  name        = var.record
  record_type = "A"
  target      = linode_nodebalancer.region[var.primary].ipv4
  ttl_sec     = 30

  lifecycle {
    ignore_changes  = [target]
    prevent_destroy = true
  }
}

resource "linode_domain_record" "app_ipv6" {
  domain_id   = linode_domain.zone.id
  name        = var.record
  record_type = "AAAA"
  target      = linode_nodebalancer.region[var.primary].ipv6
  ttl_sec     = 30

  lifecycle {
    ignore_changes  = [target]
    prevent_destroy = true
  }
}

# Signalbox's own record _signalbox.NAME is not Terraform's: leave it alone.
