import CoordinatorCore
import DNS
import Decision
import Platform
import Settings
import Wire

/// One record set of a service, as name servers are asked for it.
struct RecordQuestion: Hashable, Sendable {
  var name: String
  var family: AddressFamily
  /// The service has further names: lines say which one they are about.
  var isOneOfMany: Bool
}

extension Deployment.Service {
  /// Every name in every family that is published.
  var questions: [RecordQuestion] {
    names.flatMap { name in
      topology.families.map {
        RecordQuestion(name: name, family: $0, isOneOfMany: names.count > 1)
      }
    }
  }
}

extension NameServers {
  /// Those that are asked how long caches keep the old address; nil where none is configured.
  static func resolvers(
    _ settings: CoordinatorSettings, client: DNSClient
  ) throws(DNSError) -> NameServers? {
    guard !settings.resolvers.isEmpty else { return nil }
    return try NameServers(settings.resolvers, role: .resolver, client: client)
  }

  /// One question to every server.
  struct Round: Sendable {
    var question: RecordQuestion
    /// Addresses of the question's family.
    var new: [String]
    var old: [String]
    /// Over TCP and IPv6 too.
    var everyWay = false
  }

  /// Asks all at once, so that a mute server costs its deadline once; answers in the same order.
  /// `questions`: what these are a part of.
  func ask(
    _ rounds: [Round], among questions: QuestionRound? = nil
  ) async -> [[NameServerLine]] {
    await withTaskGroup(of: (Int, [NameServerLine]).self) { group in
      for (index, round) in rounds.enumerated() {
        group.addTask { (index, await ask(round, among: questions)) }
      }
      var answers = [[NameServerLine]](repeating: [], count: rounds.count)
      for await (index, lines) in group { answers[index] = lines }
      return answers
    }
  }

  private func ask(_ round: Round, among questions: QuestionRound?) async -> [NameServerLine] {
    let question = round.question
    var lines = await ask(
      name: question.name, type: question.family.questionType, new: round.new, old: round.old,
      everyWay: round.everyWay, round: questions)
    guard question.isOneOfMany else { return lines }
    for index in lines.indices { lines[index].name = question.name }
    return lines
  }
}
