import ArgumentParser
import Codec
import CommandEntry
import Wire

/// `signalbox-agent status`.
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show this host's side: its checks, what it is told, whether it is heard.")

  @OptionGroup var source: ConfigurationOption
  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let client = LocalClient(place: try LocalClient.place(source.config))
    defer { client.shutdown() }
    let status: HostStatus = try await client.get("/status")
    if json {
      CommandEntry.say(String(decoding: try JSON.encodePretty(status), as: UTF8.self))
    } else {
      CommandEntry.say(HostScreen.text(status))
    }
  }
}
