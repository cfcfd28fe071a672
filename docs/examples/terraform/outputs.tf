output "nodebalancers" {
  description = "For coordinator.toml: each region's NodeBalancer by label, and where it answers."
  value = {
    for region, each in linode_nodebalancer.region :
    region => { label = each.label, ipv4 = each.ipv4, ipv6 = each.ipv6 }
  }
}

output "hosts" {
  description = "For the Ansible inventory: each region's hosts with their addresses."
  value = {
    for region in keys(var.regions) :
    region => {
      for name, host in local.hosts : name => linode_instance.app[name].ip_address
      if host.region == region
    }
  }
}
