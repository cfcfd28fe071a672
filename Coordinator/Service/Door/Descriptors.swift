import Glibc

/// What the process may open, and how it is shared out (decision 63): connections from outside get
/// what is left after the Unix socket's and the coordinator's own calls.
struct Descriptors: Sendable, Hashable {
  /// The most connections of the open listener.
  var open: Int
  /// The most connections of the Unix socket.
  var socket: Int

  /// Beyond it connections only cost memory: agents keep one each.
  static let mostOpen = 4_096
  static let mostSocket = 64
  /// Kept back: journal, recording, probes, name servers, the API, and connections that are being
  /// closed.
  static let reserve = 384
  /// More are of no use, and some C libraries walk through all of them.
  private static let mostWanted: rlim_t = 65_536

  /// Shares `limit` descriptors out; with very few, half of them are kept back.
  init(limit: Int) {
    socket = min(Self.mostSocket, max(4, limit / 16))
    open = min(Self.mostOpen, max(limit - Self.reserve, limit / 2) - socket)
    open = max(4, open)
  }

  /// Raises the process's limit to what it may have (65,536 at most), and shares that out.
  static func raise() -> Descriptors {
    var limits = rlimit()
    let what = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(what, &limits) == 0 else { return Descriptors(limit: 1_024) }
    let wanted = min(limits.rlim_max, mostWanted)
    if limits.rlim_cur < wanted {
      limits.rlim_cur = wanted
      _ = setrlimit(what, &limits)
      guard getrlimit(what, &limits) == 0 else { return Descriptors(limit: 1_024) }
    }
    return Descriptors(limit: Int(clamping: limits.rlim_cur))
  }
}
