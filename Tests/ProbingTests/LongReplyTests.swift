import Platform
import Probing
import Testing
import Wire

/// What a health reply says of itself is cut where it comes in.
@Suite struct LongReplyTests {
  @Test(arguments: [300_000, 1_040_000])
  func aLongWordInAReply(letters: Int) {
    let word = String(repeating: "x", count: letters)
    let target = ProbeTarget(
      service: "app", region: "us-east", family: .ipv4, address: "192.0.2.1",
      url: "http://app.example.org/health", bodyContains: "healthy\(word.prefix(5000))",
      aws: "us-east-1")
    for body in [
      #"{"status":"ok","region":"\#(word)"}"#, #"{"status":"\#(word)"}"#, word,
      #"{"healthy":false,"region":"us-east","status":"\#(word)"}"#,
    ] {
      for target in [target, Self.without(target)] {
        let answer = Prober.judge(
          HTTPResponse(status: 200, headers: [], body: Array(body.utf8), total: .zero),
          target: target)
        #expect((answer.reason ?? "").utf8.count <= Limits.textBytes)
        #expect(answer.detail.utf8.count <= Limits.textBytes + 20)
      }
    }
  }

  private static func without(_ target: ProbeTarget) -> ProbeTarget {
    var target = target
    target.bodyContains = nil
    return target
  }
}
