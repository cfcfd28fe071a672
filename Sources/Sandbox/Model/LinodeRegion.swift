/// A region as `GET /regions` lists it.
struct LinodeRegion: Hashable, Sendable {
  var id: String
  var label: String
  var country: String

  /// Of recorded places; an id without one is its own label.
  init(id: String) {
    let places = [
      "us-east": ("Newark, NJ", "us"), "eu-central": ("Frankfurt, DE", "de"),
      "ap-south": ("Singapore, SG", "sg"), "us-west": ("Fremont, CA", "us"),
      "eu-west": ("London, UK", "gb"), "us-central": ("Dallas, TX", "us"),
    ]
    self.id = id
    label = places[id]?.0 ?? id
    country = places[id]?.1 ?? String(id.prefix(2))
  }

  var json: JSON {
    [
      "id": .string(id), "label": .string(label), "country": .string(country),
      "capabilities": ["Linodes", "NodeBalancers", "Block Storage", "Cloud Firewall", "Metadata"],
      "monitors": ["alerts": ["NodeBalancers"], "metrics": ["NodeBalancers"]], "status": "ok",
      "resolvers": ["ipv4": "192.0.2.5,192.0.2.6", "ipv6": "2001:db8::5,2001:db8::6"],
      "placement_group_limits": [
        "maximum_pgs_per_customer": nil, "maximum_linodes_per_pg": 5,
        "maximum_linodes_per_flexible_pg": 5,
      ], "site_type": "core",
    ]
  }
}
