/// The bounds of everything that crosses the network between an agent and the coordinator.
public enum Limits {
  /// The version of the report and directive format that this build speaks.
  public static let wireVersion = 1
  /// The largest accepted report body, in bytes; a report of ten checks and ten regions has 12 KB.
  public static let reportBytes = 65_536
  /// The largest accepted directive or API reply, in bytes.
  public static let replyBytes = 1_048_576
  /// The most checks, peers, probes or acknowledged services in one report.
  public static let listEntries = 256
  /// Services of one coordinator.
  public static let services = 1_000
  /// The longest reason or other free text, in UTF-8 bytes; longer ones are cut by the sender.
  public static let textBytes = 300
  /// The longest name of an agent, region or service, in UTF-8 bytes.
  public static let nameBytes = 64
  /// The most words that are configured as good in a health reply.
  public static let healthyWords = 8
  /// The largest health summary, in bytes of JSON: a heartbeat item stays under 1 KB with it.
  public static let summaryBytes = 560
  /// The most sightings of one peer's heartbeats in one report.
  public static let sightings = 16
  /// The most entries that are kept of a list that others wrote.
  public static let outsideEntries = 64
  /// The longest explanation that is stored: an event's text, a move's reason, in UTF-8 bytes.
  public static let explanationBytes = 4_096
  /// The longest line of a move's evidence that is stored, in UTF-8 bytes.
  public static let evidenceBytes = 1_024
  /// The largest number in others' replies, where nothing narrower is known: 2^31-1.
  public static let number = 2_147_483_647
  /// The longest span that an order may ask for, in milliseconds: a year of 366 days.
  public static let orderMs: Int64 = 31_622_400_000
}
