import Platform

/// The kinds of message of the agent: one id and one explanation each.
enum AgentMessage: String, MessageKind {
  case started = "started"
  case stopped = "stopped"
  case notStarted = "not-started"
  case reloaded = "reloaded"
  case notReloaded = "not-reloaded"
  case leftOut = "left-out"
  case checkDown = "check-down"
  case checkUp = "check-up"
  case checkUnclear = "check-unclear"
  case heard = "heard"
  case notHeard = "not-heard"
  case heartbeatLost = "heartbeat-lost"
  case heartbeatWritten = "heartbeat-written"
  case heartbeatDuty = "heartbeat-duty"
  case regionDown = "region-down"
  case regionUp = "region-up"
  case starved = "starved"
  case onTime = "on-time"
  case staleDirective = "stale-directive"
  case traffic = "traffic"
  case deploying = "deploying"
  case tableUnseen = "table-unseen"
  case tableSeen = "table-seen"
  case replicaNotActive = "replica-not-active"
  case replicasActive = "replicas-active"

  var entry: CatalogEntry {
    switch self {
    case .started, .stopped, .notStarted, .reloaded, .notReloaded, .leftOut: aboutProgram
    case .checkDown, .checkUp, .checkUnclear, .starved, .onTime, .deploying: aboutHost
    case .heard, .notHeard, .staleDirective, .traffic: aboutCoordinator
    case .heartbeatLost, .heartbeatWritten, .heartbeatDuty, .regionDown, .regionUp: aboutRegions
    case .tableUnseen, .tableSeen, .replicaNotActive, .replicasActive: aboutTable
    }
  }

  private var aboutProgram: CatalogEntry {
    switch self {
    case .started:
      CatalogEntry(
        "270af306a80340d89f5fa1b61ee8d079", "The Signalbox agent has started",
        """
        It checks this host and reports to the coordinator.
        """)
    case .stopped:
      CatalogEntry(
        "6e9b33f5af344d8daaeff7db49889d51", "The Signalbox agent stops",
        """
        It was told to. Its last report says so: until it starts again this host
        counts as missing, and what is missing is never taken for a failure.
        """)
    case .notStarted:
      CatalogEntry(
        "d90f338c7b9442b1b81f4de7dc57ed81", "The Signalbox agent did not start",
        """
        Its configuration, or what the configuration names, has to be changed: each
        line says where, what was found, and what is accepted. Nothing was begun.

        Correct it, check it, start again:
            signalbox-agent check-config && systemctl start signalbox-agent
        """)
    case .reloaded:
      CatalogEntry(
        "48614d1270864a2280d6862613c86ada", "The agent has taken on a new configuration",
        """
        The message says what is different now. Checks that are as before keep their
        history; new and changed ones start as unknown.
        """)
    case .notReloaded:
      CatalogEntry(
        "c3d4276248224bd9983feeb84c8d2962", "The agent's new configuration was not taken on",
        """
        The agent goes on as before, with the old configuration. Each line says what
        has to be changed. A key that needs a restart was changed if it says so: put
        its old value back, or restart:
            signalbox-agent check-config && systemctl restart signalbox-agent
        """)
    default:
      CatalogEntry(
        "cdd1cd5efc9b450a832e0f71e00a0b1d", "Lines were left out",
        """
        There were too many messages of the kind @SIGNALBOX_KIND@ at once. What was
        left out repeats what stands there; look for the reason of the flood in the
        lines before.
        """)
    }
  }

  private var aboutHost: CatalogEntry {
    switch self {
    case .checkDown:
      CatalogEntry(
        "33c5e69cac004cdd9dcadd6c5119150c", "Check \"@SIGNALBOX_CHECK@\" is down",
        """
        It failed several times in a row on this host. The coordinator is told at
        once; it weighs this host's vote with those of the others of the region. One
        host of many moves nothing.

        Try by hand what the check asks for, on this host.
        """)
    case .checkUp:
      CatalogEntry(
        "306bef45f656415fbcedce95f09df9a1", "Check \"@SIGNALBOX_CHECK@\" is up",
        """
        It succeeded several times in a row. After repeated falls it takes more of
        them.
        """)
    case .checkUnclear:
      CatalogEntry(
        "b2a61cbe885c4dcb83fa57fe4b6e5014", "Check \"@SIGNALBOX_CHECK@\" says nothing",
        """
        It can neither succeed nor fail now: what it needs is missing or
        misconfigured, as the message says. Such a check counts neither for nor
        against this host.
        """)
    case .starved:
      CatalogEntry(
        "650034599e1e4f259819454e00bd7098", "This host does not run the agent on time",
        """
        Its timers fire late: the host is overloaded, suspended or short of CPU. What
        fails meanwhile may be this host's own fault, so its bad votes do not count.

        Look at the load of the host: top, /proc/pressure/cpu, the hypervisor's steal
        time.
        """)
    case .deploying:
      CatalogEntry(
        "dd4f06e23068419a8d521d83948679b1", "This host is being deployed",
        """
        "signalbox-agent deploying" was called here. Until the time is over this
        host's bad votes count as planned: as missing, not as bad. At most half of a
        region's hosts are excused at once, rounded up, and each for at most ten
        minutes.

        It ends by itself, with a restart of the agent, or by hand:
            signalbox-agent deploying --end
        """)
    default:
      CatalogEntry(
        "990a1fd536a348578b67f572fad7c0be", "This host runs the agent on time again",
        """
        Its votes count as before.
        """)
    }
  }

  private var aboutCoordinator: CatalogEntry {
    switch self {
    case .heard:
      CatalogEntry(
        "6ce6d353072b445abfed6737095fb201", "The coordinator hears this agent",
        """
        A report was accepted, and the reply is signed by the coordinator's key.
        """)
    case .notHeard:
      CatalogEntry(
        "b16c14b9862e4b52bbd8377e443c5195", "The coordinator does not hear this agent",
        """
        Reports are lost or refused, as the message says. The agent goes on checking
        and trying. For the coordinator this host is missing meanwhile, and what is
        missing is never taken for a failure: nothing is moved for it.

        unknown_key: this agent's public key is not in coordinator.toml; "signalbox-
        agent check-config" prints it. not_timely: look at the host's clock. Others:
        is the coordinator up, and is the way to it open?
        """)
    case .staleDirective:
      CatalogEntry(
        "5cd616d9aa814ebb82b4d618ace09d50", "An old directive was refused",
        """
        The coordinator's reply is older than what this agent knows already. After a
        restore of the coordinator's journal, or with two coordinators of the same
        key, that is to be expected: make sure that there is only one.
        """)
    default:
      CatalogEntry(
        "fc6f6c06086a4f499bc1b10f002e4dd1", "Where users of @SIGNALBOX_SERVICE@ go has changed",
        """
        The coordinator says where DNS points now. Each move has an epoch of its own:
            journalctl SIGNALBOX_SERVICE=@SIGNALBOX_SERVICE@ SIGNALBOX_EPOCH=@SIGNALBOX_EPOCH@
        on the coordinator's host shows all of it.
        """)
    }
  }

  private var aboutTable: CatalogEntry {
    switch self {
    case .tableUnseen:
      CatalogEntry(
        "4b5112704ae043d4932ced9974e2d6a8", "The table's replicas cannot be looked at",
        """
        DescribeTable fails, as the message says. Nothing depends on it but what is
        told: whether all replicas are active, and how they agree. Failing back does
        not wait for it.

        Where it is the permission: the AWS keys need dynamodb:DescribeTable for the
        table.
        """)
    case .tableSeen:
      CatalogEntry(
        "ca4278971feb4ba98a51347a11aabc33", "The table's replicas can be looked at again",
        """
        DescribeTable answers.
        """)
    case .replicaNotActive:
      CatalogEntry(
        "58ce1103a0af45f8a0a7ceabe505382e", "A replica of the table is not active",
        """
        DynamoDB says so. What is written does not get there, or not from there.
        After 20 hours as REGION_DISABLED or INACCESSIBLE_ENCRYPTION_CREDENTIALS
        DynamoDB takes a replica out of the global table for good; after 20 hours as
        REPLICATION_NOT_AUTHORIZED it becomes a table of its own.

        Failing back waits until every replica is active:
            aws dynamodb describe-table --table-name TABLE
        """)
    default:
      CatalogEntry(
        "5fb83e7807ce466bb409beffcc7209b9", "All replicas of the table are active",
        """
        DynamoDB says so.
        """)
    }
  }

  private var aboutRegions: CatalogEntry {
    switch self {
    case .heartbeatLost:
      CatalogEntry(
        "5ab62ca933d34626902b005be38f2ccd", "A heartbeat was not written",
        """
        This agent writes its region's heartbeat to the DynamoDB table, and DynamoDB
        did not acknowledge this one. Other regions measure the replication lag by
        them.

        Look at the DynamoDB check of this host; the AWS keys need the right to write.
        """)
    case .heartbeatWritten:
      CatalogEntry(
        "d0c9f6ab370948abbc67b76df9cc2a14", "Heartbeats are written again",
        """
        DynamoDB acknowledges them.
        """)
    case .heartbeatDuty:
      CatalogEntry(
        "14388a1a62e04c108ae8a43a4ceef81a", "The region's heartbeat writer has changed",
        """
        The coordinator names one agent of each region that writes its heartbeat.
        """)
    case .regionDown:
      CatalogEntry(
        "ed1ffd2489d441a9bf62fc0d4343d2fe", "@SIGNALBOX_REGION@ is not served, seen from here",
        """
        This host asked the public address of region @SIGNALBOX_REGION@ for the app,
        as a user would, and did not get it. It is one vote of several.
        """)
    default:
      CatalogEntry(
        "b845c106aec247bbb596e78fd6ba28a7", "@SIGNALBOX_REGION@ is served, seen from here",
        """
        This host asked the public address of region @SIGNALBOX_REGION@ for the app,
        as a user would, and got it.
        """)
    }
  }
}
