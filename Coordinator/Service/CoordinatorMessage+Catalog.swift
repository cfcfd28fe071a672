public import CoordinatorCore
public import Platform

extension CoordinatorMessage: MessageKind {
  /// Its id, and what `journalctl -x` says of it.
  public var entry: CatalogEntry {
    switch self {
    case .started, .stopped, .notStarted, .reloaded, .notReloaded, .leftOut: aboutProgram
    case .doubt, .doubtEnded, .clockStepped, .notStored, .storedAgain: aboutItself
    case .notRecorded, .recordedAgain: aboutRecording
    case .driftEnforced, .conflict, .tokenRefused, .tokenWorks: aboutUpkeep
    case .changedBy, .addressesKept: aboutAccount
    case .readAgain, .markerUnread, .zoneChanged, .zoneTrouble, .zoneBack, .moveStuck: aboutAnswers
    case .creating, .created, .notCreated: aboutMissing
    case .clocksDiffer, .clocksAgree, .referencesFail, .referencesBack, .replicationStands,
      .replicationFlows:
      aboutSight
    case .familyBad, .familyBack, .saysNothing, .saysAgain: aboutAddresses
    case .startsOften, .twins, .twinsEnded, .exclusive: aboutSurroundings
    case .verdictWorse, .verdictBetter, .reportRefused, .lateReport: aboutReports
    case .recordUnread, .recordUnclear, .adopted, .lateEcho: aboutRecord
    case .failoverBegun, .failbackBegun, .operatorMoveBegun, .superseded, .cancelled, .failed,
      .written, .converged:
      aboutMoves
    case .confirming, .dispelled, .wouldMove, .blocked, .noTarget, .approvalWanted,
      .order, .held, .decided:
      aboutWaiting
    case .call, .answer, .ambiguous, .readBack, .notApplied, .committed, .claimed: aboutWrites
    case .waiting, .writeStopped, .writeInterrupted, .refused, .resumed, .foundWritten,
      .notPublished:
      aboutHindrances
    }
  }

  private var aboutProgram: CatalogEntry {
    switch self {
    case .started:
      CatalogEntry(
        "f4cf5f007db94e348713a671fe695acc", "The Signalbox coordinator has started",
        """
        It takes reports. It has kept what it decided before, and no evidence: until
        it has heard from every region for a while, it moves nothing.

            signalbox status
        """)
    case .stopped:
      CatalogEntry(
        "1d6b94d788934b7eba5ca1e8e8a2b1fb", "The Signalbox coordinator stops",
        """
        It was told to. DNS stays as it is, and nothing moves until it runs again; a
        move in flight is taken up then.
        """)
    case .notStarted:
      CatalogEntry(
        "94dd19b50a5c46c1a615f72767880b35", "The Signalbox coordinator did not start",
        """
        Something has to be changed before it can: each line says where, what was
        found, and what is accepted. Nothing was begun; DNS stays as it is.

        Correct it, check it, start again:
            signalbox-coordinator check-config && systemctl start signalbox-coordinator
        """)
    case .reloaded:
      CatalogEntry(
        "08e9f910b8d34e8e95cfa0161a14a90c", "The coordinator has taken on a new configuration",
        """
        The message says what is different now. Evidence, confirmations that run and
        moves in flight were kept.
        """)
    case .notReloaded:
      CatalogEntry(
        "bab798c6943e45bea6b5b331da33d357", "The coordinator's new configuration was not taken on",
        """
        Nothing of it was: the coordinator goes on with the old one. Each line says
        what has to be changed. Where a line says "needs a restart", put the key's old
        value back, or restart:
            signalbox-coordinator check-config && systemctl restart signalbox-coordinator
        Where a move is in flight, reload again when it has ended.
        """)
    default:
      CatalogEntry(
        "f92aaee5c67d41139c52556f07aa894e", "Lines were left out",
        """
        There were too many messages of the kind @SIGNALBOX_KIND@ at once. Nothing of
        the history is missing:
            signalbox history
        """)
    }
  }

  private var aboutItself: CatalogEntry {
    switch self {
    case .doubt:
      CatalogEntry(
        "a14acb4042e04cb48748922c97e4c1c3", "The coordinator doubts its own view",
        """
        What it sees may be its own fault: its network is cut, or it did not run for a
        while. While it hears nothing or has just woken, nothing is moved
        automatically.

        Look at this host's network and load.
        """)
    case .doubtEnded:
      CatalogEntry(
        "61ac4a8cad544b2ab96ea48ea609f7f2", "The coordinator trusts its own view again",
        """
        The doubt that the message names is over; confirmations begin anew.
        """)
    case .clockStepped:
      CatalogEntry(
        "357c07c54e2a47478068790884c63052", "The wall clock of the coordinator's host was stepped",
        """
        Decisions do not rest on it, but time stamps before and after do not compare,
        and reports prove their time by challenges until agents have answered one.

        The host's clock should be kept by NTP: timedatectl
        """)
    case .storedAgain:
      CatalogEntry(
        "a10d87f04b554d358c1d6e65a8504018", "The coordinator can store its decisions again",
        """
        What it could not store was not done. It judges and moves as before.
        """)
    default:
      CatalogEntry(
        "c78de5e6cc2c42c68330d307d06d67cd", "The coordinator cannot store its decisions",
        """
        What is not durable is not done: nothing new is begun until it can be stored
        again; that is tried all the time. Is the disk full or read-only?
            df -h /var/lib/signalbox
        """)
    }
  }

  private var aboutReports: CatalogEntry {
    switch self {
    case .verdictWorse:
      CatalogEntry(
        "c7a3b8dfc3fe4a33a327b4f805f85cc9", "@SIGNALBOX_REGION@ does not look well",
        """
        The evidence about region @SIGNALBOX_REGION@ of service @SIGNALBOX_SERVICE@
        has changed for the worse, as the message says. A verdict alone moves nothing:
        it has to be confirmed, and "silent" is never taken for a failure.

            signalbox explain @SIGNALBOX_SERVICE@
        """)
    case .verdictBetter:
      CatalogEntry(
        "62f4a360672140bb82bf26a7230588b7", "@SIGNALBOX_REGION@ looks better",
        """
        The evidence about region @SIGNALBOX_REGION@ of service @SIGNALBOX_SERVICE@
        has changed for the better, as the message says.
        """)
    case .reportRefused:
      CatalogEntry(
        "fb1eeec34a9f40ecbe568ae8f62f6cce", "Reports were refused (@SIGNALBOX_CODE@)",
        """
        What is not signed by a listed agent, is not new or not of now, does not count
        and changes nothing. The message says why, and how many it were since the
        start.

        unknown_key: a new agent whose key is not in coordinator.toml, or somebody
        else. wrong_agent, wrong_region: the two files contradict each other.
        not_timely: look at that host's clock. replayed: two hosts with the same key?
        """)
    default:
      CatalogEntry(
        "c434a267755f4bca96b13c78d43df736", "An agent tells what it could not report in time",
        """
        It is told for the history and counts for nothing.
        """)
    }
  }

  private var aboutRecord: CatalogEntry {
    switch self {
    case .recordUnread:
      CatalogEntry(
        "ff881643f7fa48c4a7c81d1a37dbb395", "The DNS record cannot be read",
        """
        Linode's API does not answer, or refuses the token, as the message says. A
        move of @SIGNALBOX_SERVICE@ would fail now. It is tried again all the time.

        The token needs the scope domains:read_write.
        """)
    case .recordUnclear:
      CatalogEntry(
        "7d70bdcea0a045efb6a241471c5c15f2", "It is not clear where @SIGNALBOX_SERVICE@ points",
        """
        The DNS record does not show exactly one configured region. A person may have
        changed it on purpose, so it is not moved automatically.

        Put a configured address into the record, or configure the one that stands
        there.
        """)
    case .adopted:
      CatalogEntry(
        "8f6d7544601e4b2f95a9085ce4dd6105", "Someone else moved @SIGNALBOX_SERVICE@",
        """
        The DNS record was changed to region @SIGNALBOX_REGION@, and not by this
        coordinator. That is taken for an operator's move: it stays, and automatic
        failback is off until somebody says
            signalbox failback @SIGNALBOX_SERVICE@
        """)
    default:
      CatalogEntry(
        "d0d305f8e81f48b7842546ef39d250f3", "A write of ours has landed late",
        """
        An earlier write had no answer, and took effect now. Nobody wants it: the
        record of @SIGNALBOX_SERVICE@ is written again, as often as that write was
        sent. Users stay where they are, and it counts as no move.
        """)
    }
  }
}
