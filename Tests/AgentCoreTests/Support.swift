import AgentCore
import Wire

/// The seeds of the property tests; a failing one shows in the test's name.
let seeds: [UInt64] = Array(1...20)

extension Instant {
  static func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }
}

extension CheckMachine {
  /// Runs an attempt when the machine wants it, lasting `ms`; returns when it was started.
  @discardableResult
  mutating func run(_ outcome: CheckOutcome, lasting ms: Int64 = 10) -> Instant {
    let started = nextRun
    take(Attempt(started: started, ended: started + ms, outcome: outcome))
    return started
  }

  mutating func run(_ outcomes: String) {
    for letter in outcomes { run(CheckOutcome.of(letter)) }
  }
}

extension CheckOutcome {
  /// s success, t throttled, f failure, u unknown, m misconfigured.
  static func of(_ letter: Character) -> CheckOutcome {
    switch letter {
    case "s": CheckOutcome(.success)
    case "t": CheckOutcome(.throttled, .throttled, reason: "throttled")
    case "f": CheckOutcome(.failure, .timeout, reason: "timed out")
    case "m": CheckOutcome(.misconfigured, .credentials, reason: "no keys")
    default: CheckOutcome(.unknown, .other, reason: "unclear")
    }
  }
}

let checkIdentity = CheckIdentity(name: "http http://127.0.0.1:3000/health", kind: "http")

func machine(
  fall: Int = 3, rise: Int = 2, intervalMs: Int64 = 2000, confirmMs: Int64 = 500
) -> CheckMachine {
  CheckMachine(
    policy: CheckPolicy(fall: fall, rise: rise, intervalMs: intervalMs, confirmMs: confirmMs),
    created: .at(0))
}
