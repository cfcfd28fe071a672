import AgentCore
import Platform
import Wire

/// What a health reply's body says of the app, where it is a JSON object.
///
/// `{"status":"healthy","region":"us-east","release":"2026.11.1"}`; every field may be missing.
struct HealthBody: Decodable, Hashable, Sendable {
  /// `healthy` or `ok` are well; anything else is not.
  var status: String?
  /// The region that the app believes to be in: a Linode id or an AWS id.
  var region: String?
  /// The app's release.
  var release: String?

  private enum Keys: String, CodingKey {
    case status, region, release
  }

  /// A field of another type counts as missing.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    status = try? container.decodeIfPresent(String.self, forKey: .status)
    region = try? container.decodeIfPresent(String.self, forKey: .region)
    release = try? container.decodeIfPresent(String.self, forKey: .release)
  }

  /// Reads a body; nil if it is no JSON object.
  static func read(_ body: [UInt8]) -> HealthBody? {
    let firstByte = body.first { ![9, 10, 13, 32].contains($0) }
    guard firstByte == UInt8(ascii: "{") else { return nil }
    return try? ForeignJSON.decode(HealthBody.self, from: body)
  }

  /// Whether the app calls itself well; a body without a status does.
  var isWell: Bool {
    guard let status else { return true }
    return ["healthy", "ok"].contains(status.lowercased())
  }

  /// For the report: nil where the app says neither.
  var app: AppState? {
    guard region != nil || release != nil else { return nil }
    return AppState(
      region: region.map { Text.cut($0, to: Limits.nameBytes) },
      release: release.map { Text.cut($0, to: Limits.nameBytes) })
  }
}

/// Whether a body contains the text that is configured.
func contains(_ body: [UInt8], _ text: String) -> Bool {
  String(decoding: body, as: UTF8.self).firstRange(of: text) != nil
}
