public import Platform

/// Finds AWS credentials and keeps them fresh; safe to share, looks them up once for all callers.
///
/// The order: the configured file and profile; else the environment's keys, the shared files
/// (`AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE`, by default in `~/.aws`) with static keys
/// or a `credential_process`, and the container endpoint `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
/// The instance metadata service is never asked: on Linode that address is Linode's own.
public actor CredentialProvider {
  /// Keys that end within this time are renewed, while the old ones are still used if that fails.
  private static let renewBeforeMs: Int64 = 15 * 60_000
  /// Keys without an end are looked up again after this time, so that a rotated file is seen.
  private static let lookAgainMs: Int64 = 60_000
  /// After a failure nothing is looked up for this time: a helper program is not started at every
  /// call.
  private static let pauseMs: Int64 = 5000

  private let sources: CredentialSources
  private var found: AWSCredentials?
  private var foundMs: Int64 = 0
  private var failed: (error: CredentialError, atMs: Int64)?
  private var lookup: Task<Result<AWSCredentials, CredentialError>, Never>?

  /// A provider for these settings; `http` is for the container endpoint and stays its owner's.
  public init(settings: CredentialSettings, http: HTTPClient) {
    sources = CredentialSources(settings: settings, http: http)
  }

  /// The credentials to sign with now. Waits for a lookup at most `deadline`.
  public func current(within deadline: Duration) async throws(CredentialError) -> AWSCredentials {
    let now = Clocks.bootTime().nanoseconds / 1_000_000
    let wall = Clocks.wallMilliseconds()
    if let found {
      let isExpired = found.expiresMs.map { $0 <= wall } ?? false
      let isDue =
        found.expiresMs.map { $0 - wall < Self.renewBeforeMs } ?? (now - foundMs > Self.lookAgainMs)
      if !isDue { return found }
      let isPaused = failed.map { now - $0.atMs < Self.pauseMs } ?? false
      if !isExpired {
        if !isPaused { startLookup() }
        return found
      }
    }
    if let failed, now - failed.atMs < Self.pauseMs { throw failed.error }
    return try await finish(startLookup(), within: deadline)
  }

  /// The service refused the credentials: the next call looks them up again.
  public func refused() {
    found = nil
  }

  @discardableResult
  private func startLookup() -> Task<Result<AWSCredentials, CredentialError>, Never> {
    if let lookup { return lookup }
    let sources = sources
    let task = Task { [self] in
      let result = await sources.find()
      take(result)
      return result
    }
    lookup = task
    return task
  }

  private func take(_ result: Result<AWSCredentials, CredentialError>) {
    lookup = nil
    let now = Clocks.bootTime().nanoseconds / 1_000_000
    switch result {
    case .success(let credentials):
      found = credentials
      foundMs = now
      failed = nil
    case .failure(let error):
      failed = (error, now)
    }
  }

  private func finish(
    _ task: Task<Result<AWSCredentials, CredentialError>, Never>, within deadline: Duration
  ) async throws(CredentialError) -> AWSCredentials {
    let result = await first(of: task, within: deadline)
    guard let result else {
      throw CredentialError("the AWS credentials were not found within \(deadline)")
    }
    return try result.get()
  }
}

/// The task's value, or nil once `deadline` has passed; the task goes on.
private func first<T: Sendable>(of task: Task<T, Never>, within deadline: Duration) async -> T? {
  let (stream, sink) = AsyncStream.makeStream(of: T?.self)
  let waiter = Task { sink.yield(await task.value) }
  let timer = Task {
    try? await Task.sleep(for: deadline)
    sink.yield(nil)
  }
  defer {
    timer.cancel()
    waiter.cancel()
  }
  for await value in stream { return value }
  return nil
}
