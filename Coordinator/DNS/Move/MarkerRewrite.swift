import Platform
public import Wire

/// How writing the marker alone ended.
public enum MarkerRewriteResult: Hashable, Sendable {
  /// The provider took it: the credentials can write.
  case written
  /// There is no marker, and none was to be made.
  case absent
  /// Called off right before the write.
  case stopped
  /// What stands there is no marker, and not one of those that may be healed: left as it is.
  case unreadable([ProviderRecord])
  /// Others claim the name, at least one of them without an operator's leave; nothing was written.
  case conflict([MarkerConflict])
  /// The provider refuses for good.
  case refused(ProviderError)
  /// It may or may not be able to write.
  case unclear(ProviderError)
}

extension MarkerRewriteResult {
  /// Whether one garbled answer, or one refusal, could have made it.
  var speaksAgainst: Bool {
    switch self {
    case .conflict, .refused, .unreadable: true
    case .written, .absent, .stopped, .unclear: false
    }
  }
}

/// Writes the marker while no move is in flight (RULES 16): mostly as it is, which proves that the
/// credentials can still write; after an adoption, in place of another's.
public enum MarkerRewrite {
  /// Reads, compares, and writes a marker record of the service, each at most once.
  ///
  /// - `adopted`: the excerpts of others' texts that are overwritten.
  /// - `heals`: the excerpts of what is no marker and is overwritten all the same.
  /// - `creates`: makes a marker where there is none; else that is `.absent`.
  /// - `mayWrite` is asked right before each write.
  ///
  /// What speaks against it counts when it comes twice, `rereadAfter` apart. A call is not cut off
  /// when the task is cancelled: it ends by itself, within `deadline`.
  public static func perform(
    _ marker: Marker, of name: String, adopted: Set<String>, heals: Set<String> = [],
    creates: Bool, provider: any DNSProvider, deadline: Duration,
    rereadAfter: Duration = Defaults.rereadAfter,
    mayWrite: @escaping @Sendable () async -> Bool
  ) async -> MarkerRewriteResult {
    await Task {
      var first: MarkerRewriteResult?
      while true {
        let result: MarkerRewriteResult
        do throws(ProviderError) {
          result = try await run(
            marker, of: name, adopted: adopted, heals: heals, creates: creates,
            provider: provider, deadline: deadline, mayWrite: mayWrite)
        } catch {
          result = error.failure == .permanent ? .refused(error) : .unclear(error)
        }
        guard result.speaksAgainst, first?.speaksAgainst != true else { return result }
        first = result
        do { try await Task.sleep(for: rereadAfter) } catch { return .stopped }
      }
    }.value
  }

  private static func run(
    _ marker: Marker, of name: String, adopted: Set<String>, heals: Set<String>, creates: Bool,
    provider: any DNSProvider, deadline: Duration, mayWrite: @Sendable () async -> Bool
  ) async throws(ProviderError) -> MarkerRewriteResult {
    let place = Marker.recordName(Canonical.name(name))
    var done: Set<Int64> = []
    while true {
      let records = try await provider.records(of: name)
      let found = MarkerConflict.blocking(
        in: records, names: [name], mine: marker, adopted: adopted)
      guard found.isEmpty else { return .conflict(found) }
      let unread = Marker.unreadable(in: records, names: [name], adopted: adopted.union(heals))
      guard unread.isEmpty else { return .unreadable(unread) }
      let present = records.filter { $0.type == "TXT" && $0.name == place }
      let wrong = present.filter { text(marker, over: $0) != $0.target && !done.contains($0.id) }
      guard let record = wrong.first ?? (done.isEmpty ? present.first : nil) else {
        if !done.isEmpty { return .written }
        guard creates else { return .absent }
        guard await mayWrite() else { return .stopped }
        _ = try await provider.create(
          type: "TXT", name: place, target: marker.description, ttlSeconds: 30,
          deadline: deadline)
        return .written
      }
      guard await mayWrite() else { return .stopped }
      try await provider.setTarget(text(marker, over: record), of: record, deadline: deadline)
      done.insert(record.id)
    }
  }

  /// Ours of this epoch stays as it is, whichever process wrote it.
  private static func text(_ marker: Marker, over record: ProviderRecord) -> String {
    let same = Marker(record.target).map {
      $0.cluster == marker.cluster && $0.epoch == marker.epoch && $0.active == marker.active
    }
    return same == true ? record.target : marker.description
  }
}
