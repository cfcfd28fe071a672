# One for each region; the coordinator knows them by their labels (`nodebalancer` in its file).
resource "linode_nodebalancer" "region" {
  for_each = var.regions

  label  = "lb-${each.value.aws}"
  region = each.key
  tags   = [var.app]
}

resource "linode_nodebalancer_config" "https" {
  for_each = var.regions

  nodebalancer_id = linode_nodebalancer.region[each.key].id
  port            = 443
  protocol        = "https"
  ssl_cert        = var.certificate
  ssl_key         = var.certificate_key
  algorithm       = "leastconn"

  # Shallow: with no healthy host it answers 503 to everybody. A path that asks the database would
  # take all hosts of a region out at once; that is for the agents' checks to judge.
  check          = "http"
  check_path     = "/up"
  check_interval = 5
  check_timeout  = 3
  check_attempts = 2
  # It would take hosts out for any 500 of theirs.
  check_passive = false
}

resource "linode_nodebalancer_node" "app" {
  for_each = local.hosts

  nodebalancer_id = linode_nodebalancer.region[each.value.region].id
  config_id       = linode_nodebalancer_config.https[each.value.region].id
  label           = each.key
  address         = "${linode_instance.app[each.key].private_ip_address}:${var.app_port}"
  mode            = "accept"
}
