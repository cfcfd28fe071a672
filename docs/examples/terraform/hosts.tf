# The same hosts in every region. They stand in none of the coordinator's: that one is made by hand,
# at a place that does not fail together with a region.

locals {
  hosts = merge([
    for region, each in var.regions : {
      for number in range(1, var.hosts_per_region + 1) :
      "${region}-${var.app}-${number}" => { region = region, aws = each.aws }
    }
  ]...)
}

resource "linode_instance" "app" {
  #checkov:skip=CKV_LIN_2:they are in var.ssh_keys, which has no default
  for_each = local.hosts

  label           = each.key
  region          = each.value.region
  type            = var.host_type
  image           = "linode/debian12"
  authorized_keys = var.ssh_keys
  private_ip      = true
  tags            = [var.app]

  # No secret is in it: every program of the host can read it.
  metadata {
    user_data = base64encode(templatefile("${path.module}/../cloud-init/agent.yml", {
      name            = each.key
      region          = each.value.region
      aws_region      = each.value.aws
      app_name        = "${var.record}.${var.zone}"
      app_port        = var.app_port
      table           = var.table
      coordinator     = var.coordinator.url
      coordinator_key = var.coordinator.key
      certificate     = base64encode(var.coordinator.certificate)
      package_url     = var.agent_package.url
      package_sha256  = var.agent_package.sha256
    }))
  }

  lifecycle {
    # Other user data would make the host anew. Ansible keeps hosts as they should be.
    ignore_changes = [metadata]
  }
}

resource "linode_firewall" "app" {
  #checkov:skip=CKV_LIN_6:the hosts call DynamoDB, the coordinator and each other's regions by name
  label           = var.app
  inbound_policy  = "DROP"
  outbound_policy = "ACCEPT"
  linodes         = [for host in linode_instance.app : host.id]

  # NodeBalancers come from here, by the hosts' private addresses.
  inbound {
    label    = "nodebalancers"
    action   = "ACCEPT"
    protocol = "TCP"
    ports    = tostring(var.app_port)
    ipv4     = ["192.168.255.0/24"]
  }

  inbound {
    label    = "ssh"
    action   = "ACCEPT"
    protocol = "TCP"
    ports    = "22"
    ipv4     = var.ssh_from
  }
}
