/// One key of a configuration file: everything that is to be known of it, in one place.
struct Key: Sendable {
  var name: String
  var kind: Kind
  var fallback: Fallback
  /// One line for the reference; no full stop at its end.
  var doc: String

  init(_ name: String, _ kind: Kind, _ fallback: Fallback, _ doc: String) {
    self.name = name
    self.kind = kind
    self.fallback = fallback
    self.doc = doc
  }
}

/// What a key takes.
enum Kind: Sendable {
  /// Any text that is not empty.
  case text
  /// The way to a value of a JSON document.
  case jsonPath
  /// Words of a health reply, one to `Limits.healthyWords`, no two alike.
  case words
  /// `[a-z0-9-]{1,63}`: an agent, a service, a region.
  case name
  /// An AWS region id.
  case awsRegion
  /// Names, at least one, no two alike.
  case names
  /// Names, or `*` alone.
  case scope
  /// An absolute path.
  case file
  /// An http or https URL; `base` ones have no query, and lose the slash at their end.
  case url(base: Bool)
  /// http and https URLs, one to `count`, no two alike.
  case urls(count: Int)
  /// A URL in which `{name}` stands for the service's name.
  case probe
  /// A DNS name with at least one dot.
  case hostName
  /// One to `count` DNS names.
  case hostNames(count: Int)
  /// A loopback address and a port.
  case loopback
  /// An address and a port, or, where that is possible, `off`.
  case place(off: Bool)
  /// An IPv4 or IPv6 address.
  case address
  /// A NodeBalancer's label.
  case label
  /// Addresses, at least one, no two alike, at most one of each family.
  case addresses
  /// `address:port`, an address or a name.
  case server
  /// At least one, no two alike; at most `count` where it is given.
  case servers(count: Int?)
  /// A DynamoDB table's name.
  case table
  /// 32 bytes in base64.
  case publicKey
  case integer(ClosedRange<Int>)
  /// A share of something: more than 0, at most 1.
  case share
  /// A time with its unit. A paced default is divided by the rehearsal speed.
  case duration(ClosedRange<Duration>, paced: Bool)
  /// The same, or `off`.
  case durationOrOff(ClosedRange<Duration>, paced: Bool)
  /// One of the TTLs that Linode stores as they are.
  case ttl
  /// `3 per 6h`.
  case rate
  /// One of some words; `planned` ones are refused as not there yet.
  case choice([String], planned: [String])
}

extension Kind {
  /// Whether its default is divided by the rehearsal speed.
  var isPaced: Bool {
    switch self {
    case .duration(_, let paced), .durationOrOff(_, let paced): paced
    default: false
    }
  }
}

/// What a key is when the file does not set it.
enum Fallback: Sendable {
  /// It has to be set.
  case required
  /// It has no value; the words say what then holds.
  case absent(String)
  case value(Value)
  /// It comes from elsewhere, as the words say; the reader of the file finds it.
  case derived(String)
}

/// A value that was read.
enum Value: Hashable, Sendable {
  case text(String)
  case texts([String])
  case integer(Int)
  case number(Double)
  case duration(Duration)
  case rate(Rate)
}

/// So many within a window.
struct Rate: Hashable, Sendable {
  var count: Int
  var window: Duration
}

/// A table of a configuration file.
struct Section: Sendable {
  enum Form: Sendable {
    case root
    /// `[linode]`; `optional` ones may be left out although they hold a required key.
    case table(optional: Bool)
    /// `[service.NAME]`; the word says what NAME is.
    case named(String)
    /// `[[check]]`.
    case list
  }
  /// Empty for the root.
  var name: String
  var form: Form
  /// For the reference, as sentences.
  var doc: String
  var keys: [Key]
  /// Keys of coming releases, refused as such.
  var planned: [String] = []

  /// `[service.NAME]`, `[[check]]`.
  var title: String {
    switch form {
    case .root: "(top of the file)"
    case .table: "[\(name)]"
    case .named: "[\(name).NAME]"
    case .list: "[[\(name)]]"
    }
  }

  func key(_ wanted: String) -> Key? { keys.first { $0.name == wanted } }
}

/// A configuration file: all its tables and keys.
struct Schema: Sendable {
  var file: String
  var sections: [Section]
  /// Tables of coming releases, refused as such.
  var planned: [String]

  func section(_ name: String) -> Section? { sections.first { $0.name == name } }
}
