import CLinux
import Glibc

/// What is known about the terminal.
public enum Terminal {
  /// Whether the descriptor (0 standard input, 1 output, 2 errors) is a terminal.
  public static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1
  }

  /// Columns of the terminal on standard output or standard error; where there is none, what
  /// `COLUMNS` says, else 80. 20 to 1000.
  public static func width() -> Int {
    var columns = Int(signalbox_window_width(1))
    if columns == 0 { columns = Int(signalbox_window_width(2)) }
    if columns == 0, let text = getenv("COLUMNS") { columns = Int(String(cString: text)) ?? 0 }
    return columns == 0 ? 80 : min(max(columns, 20), 1000)
  }
}
