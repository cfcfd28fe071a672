public import CoordinatorCore

/// Asks the provider what write procedures want to know, in real time.
public struct WriteCaller: Sendable {
  let provider: any DNSProvider
  /// Bounds each write.
  let deadline: Duration

  public init(_ provider: any DNSProvider, deadline: Duration) {
    self.provider = provider
    self.deadline = deadline
  }

  /// Asks, once. `.mayWrite` is not for the provider: it is answered with a no.
  public func answer(_ question: WriteQuestion) async -> WriteReply {
    switch question {
    case .records(let names):
      await .records(result { () throws(ProviderError) in try await provider.records(of: names) })
    case .listing(let names):
      await .records(result { () throws(ProviderError) in try await provider.listing(of: names) })
    case .setTarget(let target, let record):
      await .written(
        result { () throws(ProviderError) in
          try await provider.setTarget(target, of: record, deadline: deadline)
          return record
        })
    case .setTTL(let seconds, let record):
      await .written(
        result { () throws(ProviderError) in
          try await provider.setTTL(seconds, of: record, deadline: deadline)
          return record
        })
    case .create(let record):
      await .written(
        result { () throws(ProviderError) in
          try await provider.create(
            type: record.type, name: record.name, target: record.target,
            ttlSeconds: record.ttlSeconds, deadline: deadline)
        })
    case .pause(let time): await paused(time)
    case .mayWrite: .permission(.stop("nobody was asked"))
    }
  }

  private func paused(_ time: Duration) async -> WriteReply {
    try? await Task.sleep(for: time)
    return .paused
  }

  private func result<Value>(
    _ call: () async throws(ProviderError) -> Value
  ) async -> Result<Value, ProviderError> {
    do {
      return .success(try await call())
    } catch {
      return .failure(error)
    }
  }
}
