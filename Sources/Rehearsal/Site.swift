/// One region of the sandbox: the addresses of everything in it.
public struct Site: Hashable, Sendable {
  /// The Linode id.
  public let region: String
  public let aws: String
  /// From 1, in the order of preference; the third part of its addresses.
  public let number: Int
  let network: String

  /// The regions that a rehearsal may have, with their AWS regions.
  public static let known = [
    (region: "us-east", aws: "us-east-1"), (region: "eu-central", aws: "eu-central-1"),
    (region: "ap-south", aws: "ap-southeast-1"),
  ]

  /// The load balancer's address: what DNS points at.
  public var address: String { "\(network).\(number).1" }
  /// The endpoint of its DynamoDB replica, a name of the sandbox's own zone.
  public var dynamoDB: String { "http://dynamodb.\(aws).sandbox.test:\(18_609 + number)" }

  /// Host `index` (from 1): its agent's id.
  public func agent(_ index: Int) -> String { "\(region)-app-\(index)" }

  /// Host `index` (from 1): its address.
  public func host(_ index: Int) -> String { "\(network).\(number).\(10 + index)" }
}

/// The addresses of a rehearsal that belong to no region.
public struct Addresses: Hashable, Sendable {
  /// The first two parts of all addresses.
  public let network: String
  let dnsPort: Int

  /// Where the coordinator's own traffic starts.
  public var coordinator: String { "\(network).0.2" }
  /// Where the coordinator listens: reports, reading, the status page.
  public var listen: String { "\(network).0.1:8621" }
  /// How agents reach the coordinator: through the sandbox, which can cut the way.
  public var relay: String { "\(network).0.2:18621" }
  /// The Linode API and the sandbox's own.
  public var linode: String { "\(network).0.1:18600" }

  /// Name server `index`, from 0: address and port.
  public func nameServer(_ index: Int) -> String { "\(network).0.\(53 + index):\(dnsPort)" }
}

/// What is the same in every sandbox.
public enum SandboxFacts {
  /// The port of load balancers and apps.
  public static let appPort = 18_680
  /// The rehearsed service, and the name that users ask for.
  public static let service = "app"
  public static let name = "app.example.org"
  public static let token = "sandbox-token"
  public static let accessKey = "sandbox"
  public static let secretKey = "sandbox-secret"
}
