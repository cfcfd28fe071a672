import Platform
import Probing

/// Asks targets that have nothing to do with the regions (RULES 3, 6b): whether the coordinator's
/// own network works at all.
struct ReferenceProber: Sendable {
  let http: HTTPClient
  let sourceAddress: String?

  /// Whether any of them answered; nil where there are none.
  func round(_ urls: [String], deadline: Duration) async -> Bool? {
    guard !urls.isEmpty else { return nil }
    return await withTaskGroup(of: Bool.self) { group in
      for url in urls { group.addTask { await answers(url, deadline: deadline) } }
      for await answered in group where answered {
        group.cancelAll()
        return true
      }
      return false
    }
  }

  /// Any answer that is no failure of the target's own will do: a redirect or a 403 came through
  /// the network too.
  private func answers(_ url: String, deadline: Duration) async -> Bool {
    var request = HealthAnswer.request(url, deadline: deadline)
    request.sourceAddress = sourceAddress
    request.freshConnection = true
    do {
      return try await http.send(request).status < 500
    } catch {
      // Of a reply that cannot be read to its end the status came all the same.
      guard error.kind == .tooLarge || error.kind == .undecodable else { return false }
      return (error.status ?? 0) < 500
    }
  }
}
