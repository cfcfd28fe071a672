import CoordinatorDaemon

/// The coordinator by itself, for `swift run`; packages ship it in the operator's command.
@main
struct Coordinator {
  static func main() async { await CoordinatorProgram.run() }
}
