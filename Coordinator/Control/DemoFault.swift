import ArgumentParser
import Rehearsal

/// What the rehearsal does to the region that serves users.
enum DemoFault: String, CaseIterable, ExpressibleByArgument {
  case regionDown = "region-down"
  case hostsDown = "hosts-down"
  case app500 = "app-500"
  case appHang = "app-hang"
  case dynamodbDown = "dynamodb-down"
  case dynamodbDNS = "dynamodb-dns"

  /// The fault as the timeline tells it.
  func text(_ site: Site, hosts: Int) -> String {
    let hosts = hosts == 1 ? "1 host" : "\(hosts) hosts"
    switch self {
    case .regionDown: return "\(site.region) loses power (\(hosts), load balancer, replica)"
    case .hostsDown: return "\(site.region) loses its \(hosts); its load balancer lives"
    case .app500: return "the app in \(site.region) answers 500 on \(hosts)"
    case .appHang: return "the app in \(site.region) hangs on \(hosts)"
    case .dynamodbDown: return "DynamoDB in \(site.aws) fails"
    case .dynamodbDNS: return "DynamoDB's name in \(site.aws) vanishes (20 Oct 2025)"
    }
  }

  func repair(_ site: Site) -> String {
    switch self {
    case .regionDown: "\(site.region) has power again"
    case .hostsDown: "the hosts of \(site.region) run again"
    case .app500, .appHang: "the app in \(site.region) works again"
    case .dynamodbDown: "DynamoDB in \(site.aws) works again"
    case .dynamodbDNS: "the name of DynamoDB in \(site.aws) is back"
    }
  }

  /// Whether the hosts' agents die with it.
  var killsAgents: Bool { self == .regionDown }

  /// Whether nothing can be written to the region's replica from its begin on.
  var stopsWrites: Bool { self == .regionDown || self == .hostsDown || self == .dynamodbDown }
}
