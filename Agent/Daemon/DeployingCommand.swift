import ArgumentParser
import Codec
import CommandEntry
import Platform
import Settings
import Wire

/// `signalbox-agent deploying`.
struct Deploying: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say that this host is being deployed: its bad votes are planned for a while.",
    discussion: """
      Call it before the app is stopped, and with --end when it is up again. At most half of a \
      region's hosts are excused at once, rounded up; "signalbox explain" shows whose notice does \
      not count.
      """)

  @OptionGroup var source: ConfigurationOption
  @Option(name: .customLong("for"), help: "How long, as 3m; at most 10m.", transform: Self.time)
  var time: Duration?
  @Flag(name: .long, help: "End it.")
  var end = false

  private static func time(_ text: String) throws -> Duration {
    let limit = Defaults.deployLimit
    guard let time = readTime(text), time >= .seconds(1), time <= limit else {
      throw ValidationError("found \"\(text)\"; accepted: a time with its unit, from 1s to 10m")
    }
    return time
  }

  func validate() throws {
    guard end != (time != nil) else {
      throw ValidationError("accepted: either --for TIME, as --for 3m, or --end")
    }
  }

  func run() async throws {
    let place = try LocalClient.place(source.config)
    let client = LocalClient(place: place)
    defer { client.shutdown() }
    let wish = DeployRequest(forMs: Int(time?.milliseconds ?? 0))
    let reply: DeployReply = try await client.post("/deploying", wish)
    CommandEntry.say(Self.text(reply))
  }

  /// What was done, and whether it counts.
  static func text(_ reply: DeployReply) -> String {
    let seconds = (reply.forMs + 999) / 1000
    let said =
      reply.forMs == 0
      ? "\(reply.agent) is no longer being deployed: its votes count again."
      : "\(reply.agent) is being deployed: for \(seconds) s its bad votes count as planned."
    guard reply.heard else {
      let why = reply.trouble.map { ": \(PlainText.clean($0))" } ?? ""
      return "\(said)\nThe coordinator has not heard it yet\(why). "
        + "The agent says it with every report."
    }
    guard reply.forMs > 0 else { return "\(said)\nThe coordinator has heard it." }
    return """
      \(said)
      The coordinator has heard it. It excuses at most half of \(reply.region)'s hosts at once,
      rounded up, and each for at most 10 minutes; whose notice does not count:
        signalbox explain SERVICE
      """
  }
}
