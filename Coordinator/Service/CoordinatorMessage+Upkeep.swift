import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// What others write into the zone, and whether we can.
  var aboutUpkeep: CatalogEntry {
    switch self {
    case .driftEnforced:
      CatalogEntry(
        "cc4f56df7efd4fd5bb8baab776de8406", "The record of @SIGNALBOX_SERVICE@ is put right",
        """
        Somebody else put an address there that is not the active region's, it has
        stood for a minute, and drift = "enforce": the address of @SIGNALBOX_TO@ is
        written again. It counts as no move. Who changed it? Linode's Cloud Manager
        lists events.

        To let such a value stand: drift = "alert", then reload.
        """)
    case .conflict:
      CatalogEntry(
        "e47fccef8bbe48d782cb8801acba26c0", "Another writer claims @SIGNALBOX_SERVICE@",
        """
        The TXT record _signalbox.NAME holds what this coordinator did not write: a
        second coordinator is at work, or this one was rebuilt and its journal is new.
        From now on nothing is written for this service, also after a restart; judging
        and explaining go on.

        See to it that no other coordinator runs, then, as root on this host:
            signalbox adopt @SIGNALBOX_SERVICE@
        """)
    case .tokenRefused:
      CatalogEntry(
        "345f8b141df649ba84e367d56364af19", "The record of @SIGNALBOX_SERVICE@ cannot be written",
        """
        The coordinator writes its TXT marker again every few hours, as it is, to see
        whether it still could. Linode's API refused, as the message says: a move
        would fail. Make a token with the scope domains:read_write, put it into
        token_file, and
            systemctl restart signalbox-coordinator

        Until then a move has to be made by hand, in Linode's Cloud Manager.
        """)
    default:
      CatalogEntry(
        "ff84aca0eeb74c4396348ab13dbc589b",
        "The record of @SIGNALBOX_SERVICE@ can be written again",
        """
        A write was taken. The alarm before it is over.
        """)
    }
  }

  /// What the coordinator sees of clocks, of its own network and of one family alone.
  var aboutSight: CatalogEntry {
    switch self {
    case .replicationStands:
      CatalogEntry(
        "10fa951fe0344892bc01e092ba614c93",
        "The table's replication to @SIGNALBOX_REGION@ is not as it should be",
        """
        A heartbeat that its writer had acknowledged is not seen in another region's
        replica for longer than max_lag and three heartbeats; or a replica is not
        active, or not listed by the others. Users stay where they are; nobody is
        returned over it, and a move would leave writes behind.

            signalbox explain @SIGNALBOX_SERVICE@
            aws dynamodb describe-table --table-name TABLE
        """)
    case .replicationFlows:
      CatalogEntry(
        "0d4c671c6b0e4d80885cd62e8961c7b0", "The table replicates to @SIGNALBOX_REGION@ again",
        """
        Heartbeats of the other region are seen there again, or its replica is active.
        The alarm before it is over.
        """)
    case .clocksDiffer:
      CatalogEntry(
        "17f24bdc088544cfbec844f3f2281ea2", "Most agents were refused for time",
        """
        Their clocks agree with each other more likely than with this host's: its
        clock is probably wrong. Decisions do not rest on it. Reports prove their time
        by challenges for as long as this lasts.

            timedatectl
        """)
    case .clocksAgree:
      CatalogEntry(
        "7fa53a0f1bfa4222aa0d02ca41e7937c", "Agents are no longer refused for time",
        """
        Reports of hosts that are heard for the first time count by their clock again.
        """)
    case .referencesFail:
      CatalogEntry(
        "cac90cb59dda459bbdf155b12f967fd9", "No reference target answers",
        """
        The URLs of the key reference tell whether this host's own network works.
        Regions answer and none of them does, so they are of no use: are they still
        there? Nothing else follows from it.
        """)
    default:
      CatalogEntry(
        "9847ee9d082e48518fba30f745353b33", "A reference target answers again",
        """
        The reference targets are of use again.
        """)
    }
  }
}
