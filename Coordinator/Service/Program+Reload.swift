import Codec
import Platform
import Wire

extension Program {
  /// Asks the coordinator that runs behind `socket` to reload, waits, and gives what it says is
  /// different. Throws `StartupError` with everything that forbids it; where nobody answers, with
  /// the file's own `mistakes` before it.
  public static func askToReload(socket: String, mistakes: String = "") async throws -> String {
    let http = HTTPClient(userAgent: "signalbox-coordinator")
    defer { http.shutdown() }
    let response: HTTPResponse
    do {
      response = try await http.send(
        HTTPRequest(
          method: "POST", url: "http://localhost/v1/reload", body: [], deadline: .seconds(30),
          maxBodyBytes: Limits.replyBytes, unixSocket: socket))
    } catch {
      throw StartupError(
        description: mistakes
          + "the running coordinator does not answer at \(socket): \(error). If `socket` "
          + "was changed, it needs a restart")
    }
    guard response.status == 200 else {
      let problem = try? JSON.decode(
        Problem.self, from: response.body, maxBytes: Limits.replyBytes)
      throw StartupError(description: problem?.message ?? "it answers \(response.status)")
    }
    return response.text
  }
}
