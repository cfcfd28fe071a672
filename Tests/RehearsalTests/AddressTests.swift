import Rehearsal
import Testing

@Suite("Where things are")
struct AddressTests {
  @Test(
    "addresses of a coordinator",
    arguments: [
      ("http://127.0.0.1:8621", "http://127.0.0.1:8621"),
      ("http://coord.example.net:8621/", "http://coord.example.net:8621"),
      ("https://[2001:db8::1]:8621", "https://[2001:db8::1]:8621"),
      ("unix:/run/signalbox/coordinator.sock", "unix:/run/signalbox/coordinator.sock"),
      ("unix:///run/x.sock", "unix:/run/x.sock"),
    ])
  func accepted(text: String, shown: String) {
    #expect(CoordinatorAddress(text)?.description == shown)
  }

  @Test(
    "nonsense is refused",
    arguments: ["", "coord:8621", "ftp://x", "unix:", "unix:x.sock", "http://", "http://x/y"])
  func refused(text: String) {
    #expect(CoordinatorAddress(text) == nil)
  }

  @Test("impossible options are refused before anything is made")
  func options() {
    func problem(_ change: (inout RehearsalOptions) -> Void) -> String {
      var options = RehearsalOptions()
      options.binaries = "/nonexistent"
      change(&options)
      do {
        _ = try Rehearsal.prepare(options)
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(problem { $0.regions = ["us-east", "mars"] }.contains("mars"))
    #expect(problem { $0.regions = ["us-east", "us-east"] }.contains("twice"))
    #expect(problem { $0.regions = ["us-east"] }.contains("two regions"))
    #expect(problem { $0.instances = 0 }.contains("1 to 9"))
    #expect(problem { $0.network = "10.0" }.contains("127.0 to 127.255"))
    #expect(problem { _ in }.contains("SIGNALBOX_LIBEXEC"))
  }
}
