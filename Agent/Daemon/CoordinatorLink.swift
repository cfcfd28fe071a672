import Codec
import Platform
import Settings

/// Where reports go, and whose replies count.
struct CoordinatorLink: Sendable {
  /// The coordinator's address as configured.
  var coordinator: String
  var url: String
  /// The path of `url`.
  var path: String
  var key: VerifyingKey

  init(_ loaded: Loaded) {
    let verifier = loaded.coordinator
    coordinator = loaded.settings.coordinator
    url = coordinator + "/v1/reports"
    path = Self.path(of: url)
    key = VerifyingKey(keyID: verifier.keyID) { verifier.verify($0, of: $1) }
  }

  /// The path of an absolute URL.
  static func path(of url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return "/" }
    let rest = url[mark.upperBound...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
  }
}
