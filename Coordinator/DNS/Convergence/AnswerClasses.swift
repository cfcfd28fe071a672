import CoordinatorCore
import Platform
import Wire

/// What answers mean during a move.
struct AnswerClasses: Sendable {
  let type: DNSRecordType
  let new: Set<String>
  let old: Set<String>
  let role: NameServers.Role

  init(
    type: DNSRecordType, new: [String], old: [String], role: NameServers.Role = .authoritative
  ) {
    self.type = type
    self.role = role
    self.new = Set(new.map(Canonical.address))
    self.old = Set(old.map(Canonical.address))
  }

  func line(server: String, _ answer: DNSAnswer?, askedMs: Int64) -> NameServerLine {
    let records = answer?.records.filter { $0.type == type } ?? []
    let found = Set(records.map { Canonical.address($0.value) })
    return NameServerLine(
      server: server, answer: classify(answer, found), addresses: found.sorted(),
      ttlSeconds: records.map(\.ttlSeconds).min(), askedMs: askedMs, note: note(answer, found))
  }

  /// What came back where it is no answer; nil where nothing did.
  private func note(_ answer: DNSAnswer?, _ found: Set<String>) -> String? {
    guard let answer, classify(answer, found) == .mute else { return nil }
    return switch answer.responseCode {
    case .refused: "answers REFUSED"
    case .serverFailure: "answers SERVFAIL"
    case .other: "answers with an error"
    case .nameError, .noError: "answers with a referral"
    }
  }

  /// A failure code is no answer: a resolver asks another server then. "No such name" is one, and
  /// resolvers keep it.
  private func classify(_ answer: DNSAnswer?, _ found: Set<String>) -> NameServerAnswer {
    guard let answer else { return .mute }
    switch answer.responseCode {
    case .serverFailure, .refused, .other: return .mute
    case .nameError, .noError: break
    }
    if found.isEmpty {
      // A referral says nothing; that nothing is there is a resolver's answer too.
      return answer.authoritative || role == .resolver ? .other : .mute
    }
    if found == new { return .new }
    return found == old ? .old : .other
  }
}
