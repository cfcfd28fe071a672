import Glibc
import Platform
import Rehearsal
import Synchronization
import Testing
import Wire

extension ProcessTests {
  /// What a real journal holds of both daemons, asked as docs/operating.md does. systemd-journald
  /// runs alone, in a mount namespace of its own.
  @Suite struct JournalTests {
    private static let repository = #filePath.replacing(
      "Tests/Integration/JournalTests.swift", with: "")
    private static let isPossible =
      getuid() == 0
      && ["/lib/systemd/systemd-journald", "/usr/bin/unshare", "/etc/machine-id"]
        .allSatisfy(Files.exists)

    @Test(.enabled(if: isPossible, "needs root and systemd-journald"))
    func aRealJournal() async throws {
      let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-journal")
      defer { Files.removeTree(directory) }
      try prepare(directory)
      let said = Mutex<[String]>([])
      let script = try ChildProcess(
        "unshare", ["--mount", "bash", "\(directory)/script"],
        options: .init(
          directory: directory, output: .lines { line in said.withLock { $0.append(line) } },
          errors: .lines { line in said.withLock { $0.append(line) } }))
      let end = await script.wait(atMost: patience)
      await script.stop(grace: .zero)
      try #require(end == .exited(0), "\(said.withLock { $0 }.joined(separator: "\n"))")

      // Each kind of message is found by its id, and has its fields.
      let started = try output(directory, "coordinator-started")
      #expect(started.count == 1 && started[0].contains("listens on"), "\(started)")
      let refused = try output(directory, "coordinator-not-reloaded")
      for key in ["automaton", "ttl"] {
        #expect(refused.contains { $0.contains(key) }, "\(refused)")
      }
      #expect(try output(directory, "coordinator-reloaded").count == 1)
      #expect(try output(directory, "coordinator-stopped").count == 1)
      #expect(try output(directory, "agent-started").count == 1)
      #expect(try output(directory, "agent-check-down").count >= 1)
      #expect(try output(directory, "agent-heard").count >= 1)
      #expect(try output(directory, "agent-reloaded").first?.contains("1 check(s) added") == true)
      #expect(try output(directory, "service").contains { $0.contains("SIGNALBOX_RULE") })
      // The region alone is enough; no other match is needed.
      #expect(try output(directory, "region").contains { $0.contains("is bad") })
      try expectExplanations(try output(directory, "explained"))
      let all = try output(directory, "everything").joined(separator: "\n")
      #expect(!all.contains("marker-token"))
    }

    /// The catalog's text stands below the message, with the fields put in.
    private func expectExplanations(_ lines: [String]) throws {
      let text = lines.joined(separator: "\n")
      #expect(text.contains("Subject: Check \"http http://127.0.0.1:9/health\" is down"))
      #expect(text.contains("Subject: The coordinator's new configuration was not taken on"))
      #expect(text.contains("Defined-By: Signalbox"))
      let unfilled = lines.filter { line in
        line.contains("Subject:") && line.contains("SIGNALBOX_")
      }
      #expect(unfilled.isEmpty, "\(unfilled)")
    }

    private func output(_ directory: String, _ name: String) throws -> [String] {
      let bytes = try Files.read("\(directory)/\(name).out", maxBytes: 1 << 24)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func prepare(_ directory: String) throws {
      func write(_ name: String, _ text: String) throws {
        try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name)", mode: 0o600)
      }
      let coordinatorKey = try Signer.generate()
      let agentKey = try Signer.generate()
      try write("coordinator-key", coordinatorKey.pem)
      try write("agent-key", agentKey.pem)
      try write("token", "marker-token\n")
      let coordinator = """
        listen = "127.0.0.1:28621"
        socket = "\(directory)/c.sock"
        state_directory = "\(directory)/state"
        key_file = "\(directory)/coordinator-key"
        rehearsal_speed = 20
        [linode]
        url = "http://127.0.0.1:9/v4"
        token_file = "\(directory)/token"
        [dns]
        name_servers = ["127.0.0.1:9"]
        [service.app]
        dns = ["app.example.org"]
        table = "app"
        regions = ["us-east", "eu-central"]
        [region.us-east]
        aws = "us-east-1"
        addresses = ["127.0.0.1"]
        [region.eu-central]
        aws = "eu-central-1"
        addresses = ["127.0.0.2"]
        [agent.a1]
        region = "us-east"
        public_key = "\(agentKey.verifier.base64)"
        [agent.b1]
        region = "eu-central"
        public_key = "\(try Signer.generate().verifier.base64)"

        """
      try write("coordinator.toml", coordinator)
      try write(
        "good.toml", coordinator.replacing("[linode]", with: "automation = \"automatic\"\n[linode]")
      )
      try write(
        "bad.toml", "automaton = 1\n" + coordinator.replacing("table =", with: "ttl = -1\ntable ="))
      let agent = """
        agent = "a1"
        region = "us-east"
        coordinator = "http://127.0.0.1:28621"
        coordinator_key = "\(coordinatorKey.verifier.base64)"
        key_file = "\(directory)/agent-key"
        listen = "off"
        rehearsal_speed = 20
        [[check]]
        http = "http://127.0.0.1:9/health"
        every = "1s"
        timeout = "1s"

        """
      try write("agent.toml", agent)
      try write("more.toml", agent + "[[check]]\nhttp = \"http://127.0.0.1:9/other\"\n")
      try write("script", script(directory))
    }

    /// Runs both daemons in front of a journal, and asks it.
    private func script(_ directory: String) -> String {
      let coordinator = Built.program("signalbox-coordinator")
      let agent = Built.program("signalbox-agent")
      let catalogs = "\(Self.repository)Packaging/systemd"
      return """
        set -eu
        cd \(directory)
        mount --make-rprivate /
        mount -t tmpfs tmpfs /run
        mkdir -p /run/systemd/journal /run/log/journal
        if [ ! -s /etc/machine-id ]; then
          systemd-id128 new > machine-id
          [ -e /etc/machine-id ] || { echo "no /etc/machine-id"; exit 1; }
          mount --bind machine-id /etc/machine-id
        fi
        mount -t tmpfs tmpfs /usr/lib/systemd/catalog
        mkdir -p /var/lib/systemd/catalog
        mount -t tmpfs tmpfs /var/lib/systemd/catalog
        cp \(catalogs)/*.catalog /usr/lib/systemd/catalog/
        journalctl --update-catalog
        pids=
        trap 'kill $pids 2>/dev/null || true' EXIT
        /lib/systemd/systemd-journald & pids=$!
        ask() { journalctl -D /run/log/journal --no-pager "$@" 2>> journalctl.err || true; }
        catalog=/usr/lib/systemd/catalog
        id() { grep -x -A1 "# $2" $catalog/signalbox-$1.catalog | sed -n 's/^-- //p'; }
        waitfor() { # waitfor PROGRAM KIND: until the journal has such a message
          for _ in $(seq 600); do
            journalctl --sync
            ask -o cat MESSAGE_ID=$(id $1 $2) > $1-$2.out
            [ -s $1-$2.out ] && return
            sleep 0.1
          done
          echo "no $2 of $1"; ask -o verbose | tail -60; exit 1
        }
        for _ in $(seq 100); do [ -S /run/systemd/journal/socket ] && break; sleep 0.1; done
        exec 3>&2 2> stderr.log
        export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
        \(coordinator) --config coordinator.toml & c=$!
        pids="$pids $c"
        waitfor coordinator started
        \(agent) --config agent.toml & a=$!
        pids="$pids $a"
        waitfor agent check-down
        waitfor agent heard
        cp bad.toml coordinator.toml; kill -HUP $c
        waitfor coordinator not-reloaded
        cp good.toml coordinator.toml; kill -HUP $c
        waitfor coordinator reloaded
        cp more.toml agent.toml; kill -HUP $a
        waitfor agent reloaded
        kill $a; wait $a
        kill $c; wait $c
        waitfor coordinator stopped
        waitfor agent started
        waitfor coordinator not-reloaded
        ask -o export SIGNALBOX_SERVICE=app > service.out
        ask SIGNALBOX_REGION=us-east > region.out
        ask -x > explained.out
        ask -o export > everything.out

        """
    }
  }
}
