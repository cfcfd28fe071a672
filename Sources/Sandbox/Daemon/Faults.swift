import ArgumentParser
import Sandbox

struct Faults: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the kinds of faults.")

  @Flag(help: "One JSON document.")
  var json = false

  func run() {
    Output.line(json ? FaultKind.catalogJSON : FaultKind.catalog)
  }
}
