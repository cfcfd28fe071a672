import ArgumentParser
import CommandEntry
import Platform
import Rehearsal
import Screens
import UnixSignals
import Wire

/// `signalbox demo`.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play a failover, a false alarm and a failback on this machine.",
    discussion: """
      Starts a sandbox (Linode API, DynamoDB, three name servers, apps), a coordinator
      and an agent per host as real processes on loopback addresses; kills the active
      region, waits for the failover, cuts off the coordinator (nothing may move),
      repairs the region and waits for the failback. Everything is gone afterwards.
      Exits 0 only if all went right.

      Examples:
        signalbox demo
        signalbox demo --fault dynamodb-dns
        signalbox demo --json | jq .failover.parts_seconds
        signalbox demo --hold                keep it running, with its status page
      """)

  @Option(help: "fast: times divided by ten, under a minute. real: the default times.")
  var speed = Speed.fast
  @Option(help: ArgumentHelp("What happens to the active region.", valueName: "kind"))
  var fault = DemoFault.regionDown
  @Option(help: "First two parts of all addresses, for a second demo beside another.")
  var network = "127.0"
  @Flag(help: "Print one JSON document on standard output and nothing else there.")
  var json = false
  @Flag(help: "Keep everything running after the story, until Ctrl-C.")
  var hold = false
  @Flag(help: "Show every program's log lines.")
  var verbose = false

  enum Speed: String, CaseIterable, ExpressibleByArgument {
    case fast, real
  }

  func run() async throws {
    // Before anything is started: from here on Ctrl-C cleans up.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    let rehearsal: Rehearsal
    do {
      rehearsal = try Rehearsal.prepare(options())
    } catch {
      throw misused("\(error)")
    }
    let end = await withTaskGroup(of: End.self) { group in
      group.addTask {
        for await signal in signals { return .signal(signal.rawValue) }
        return .failed(CancellationError())
      }
      group.addTask {
        do { return .played(try await play(rehearsal)) } catch { return .failed(error) }
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? .failed(CancellationError())
    }
    await rehearsal.stop()
    switch end {
    case .played(true): return
    case .played(false): throw CommandFailure(code: 1, "")
    case .failed(let error): throw refused("\(error)")
    case .signal(let signal):
      Console.err("\nsignalbox: stopped by a signal; everything is gone\n")
      throw CommandFailure(code: 128 + signal, "")
    }
  }

  /// What ended the rehearsal.
  private enum End: Sendable {
    /// The story was played; whether it passed.
    case played(Bool)
    case failed(any Error)
    case signal(Int32)
  }

  private func options() -> RehearsalOptions {
    var options = RehearsalOptions()
    options.network = network
    options.speed = speed == .fast ? .fast : .real
    if verbose { options.log = { program, line in Console.err("\(program): \(line)\n") } }
    return options
  }

  /// Starts everything and plays the story; whether it passed.
  private func play(_ rehearsal: Rehearsal) async throws -> Bool {
    let progress = DemoProgress(tells: json || Terminal.isTerminal(2) && !verbose)
    do {
      try await rehearsal.start { progress.waiting($0) }
    } catch {
      progress.finish(replaced: false)
      throw error
    }
    let servers = try (0..<rehearsal.options.nameServers).map {
      try DNSServer(rehearsal.options.addresses.nameServer($0))
    }
    let visitor = Visitor(
      name: SandboxFacts.name, port: SandboxFacts.appPort, servers: servers)
    let visits = Task { await visitor.run() }
    defer { visits.cancel() }
    var demo = Demo(rehearsal: rehearsal, visitor: visitor, fault: fault, progress: progress)
    try await demo.run()
    progress.finish(replaced: !json && Terminal.isTerminal(1) && !verbose)
    if json {
      try printJSON(demo.report)
    } else {
      Console.out(Screens.timeline(demo.timeline(), style: Console.style()))
    }
    if hold {
      visits.cancel()
      Console.err(holding(rehearsal))
      while true { try await Task.sleep(for: .seconds(3600)) }
    }
    return demo.report.passed
  }

  private func holding(_ rehearsal: Rehearsal) -> String {
    let socket = rehearsal.coordinator.address
    let region = rehearsal.sites.first?.region ?? ""
    return """

       Running until Ctrl-C.
         status page   http://\(rehearsal.options.addresses.listen)/
         commands      export SIGNALBOX_URL=\(socket)
                       signalbox status; signalbox explain; signalbox history
         a fault       curl http://\(rehearsal.options.addresses.linode)/_sandbox/faults \\
                         -d '{"kind":"region-down","target":"\(region)","seconds":30}'
         all faults    signalbox-sandbox faults
         Linode API    http://\(rehearsal.options.addresses.linode)/v4, token \(SandboxFacts.token)
         files, logs   \(rehearsal.directory)

      """
  }
}
