import CSystemd

/// Tells systemd how this process is doing (sd_notify(3)); does nothing where systemd did not start
/// it, that is without `NOTIFY_SOCKET`.
public enum Supervisor {
  /// Start-up, or a reload, is complete. `status` is one line for `systemctl status`.
  public static func ready(status: String) {
    notify("READY=1\nSTATUS=\(printable(status))")
  }

  /// One line for `systemctl status`.
  public static func status(_ status: String) {
    notify("STATUS=\(printable(status))")
  }

  /// The clean end has begun.
  public static func stopping() {
    notify("STOPPING=1")
  }

  /// The configuration is being read again; `ready` ends it.
  public static func reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=\(Clocks.monotonic().nanoseconds / 1000)")
  }

  /// The process is alive; to be called at least twice per `watchdogInterval`.
  public static func watchdog() {
    notify("WATCHDOG=1")
  }

  /// After how long without `watchdog` systemd kills the process; nil: never.
  public static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  private static func notify(_ state: String) {
    // Nobody can be told about a failure here; the service manager notices the silence.
    _ = sd_notify(0, state)
  }
}
