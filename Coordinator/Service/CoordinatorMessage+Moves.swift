import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// Moves of users, from the decision to the end.
  var aboutMoves: CatalogEntry {
    switch self {
    case .failoverBegun:
      CatalogEntry(
        "a6ec44fe9e14462daf345edb6ebf30fc",
        "@SIGNALBOX_SERVICE@ fails over to @SIGNALBOX_TO@",
        """
        Region @SIGNALBOX_FROM@ is confirmed down, and @SIGNALBOX_TO@ may take over.
        The intent is stored; the DNS record is written next.

        All of this move, to its end:
            journalctl SIGNALBOX_SERVICE=@SIGNALBOX_SERVICE@ SIGNALBOX_EPOCH=@SIGNALBOX_EPOCH@
            signalbox history
        """)
    case .failbackBegun:
      CatalogEntry(
        "06e5a864762c40319d923e08a6dad90c", "@SIGNALBOX_SERVICE@ fails back to @SIGNALBOX_TO@",
        """
        The preferred region has been well for long enough, its data is there, and
        failback is automatic: users return.
        """)
    case .operatorMoveBegun:
      CatalogEntry(
        "5b7cd2b04ab6482ba8569184987c634f", "An operator moves @SIGNALBOX_SERVICE@",
        """
        From @SIGNALBOX_FROM@ to @SIGNALBOX_TO@. Who asked, and why:
            signalbox history
        """)
    case .superseded:
      CatalogEntry(
        "4550805037874e138f5fc54a6affac10", "A move of @SIGNALBOX_SERVICE@ is replaced",
        """
        The target of the move in flight went down, so users are moved on, to
        @SIGNALBOX_TO@.
        """)
    case .cancelled:
      CatalogEntry(
        "1802816890524c8d84e081d732930c03", "A move of @SIGNALBOX_SERVICE@ is called off",
        """
        Nothing was written. The region came back, or the target may no longer take
        over, as the message says.
        """)
    case .failed:
      CatalogEntry(
        "144c9fe241924961b2a03b9d2276d4b7", "A move of @SIGNALBOX_SERVICE@ has failed",
        """
        The DNS record was not, or not wholly, changed by it: the provider refused, or
        someone else changed the record meanwhile. The lines before say which. It is
        tried again after a while if the need stands.

        To move by hand, change the record in Linode's Cloud Manager.
        """)
    case .written:
      CatalogEntry(
        "bff2ff15a0da4dd39421104158a85e30", "The record of @SIGNALBOX_SERVICE@ is written",
        """
        It was read back. New users follow as the name servers publish it, and as
        caches forget the old answer.
        """)
    default:
      CatalogEntry(
        "1daa46b8887a4216844838aedc8d5a7d", "A move of @SIGNALBOX_SERVICE@ is complete",
        """
        Every authoritative name server that answers shows the new address. Caches may
        hold the old one for as long as the record's TTL.
        """)
    }
  }

  /// Why users are not being moved.
  var aboutWaiting: CatalogEntry {
    switch self {
    case .confirming:
      CatalogEntry(
        "f40a129c982b45488ed1940a837354ed", "@SIGNALBOX_REGION@ looks down: confirming",
        """
        Users of @SIGNALBOX_SERVICE@ are there. They are moved if it stays so for as
        long as failover_after or outside_confirm says.

            signalbox explain @SIGNALBOX_SERVICE@
        """)
    case .dispelled:
      CatalogEntry(
        "99d4679e8e3247cfbef08e3793ca924b", "@SIGNALBOX_SERVICE@ need not be moved",
        """
        The region where users are is up again, or the evidence no longer says that it
        is down.
        """)
    case .wouldMove:
      CatalogEntry(
        "46b5f95c52194061aa60b40138105f8f", "@SIGNALBOX_SERVICE@ would have been moved",
        """
        Automation is "observe": the coordinator judges, tells, and changes nothing.

        To move now, as root on this host:
            signalbox failover @SIGNALBOX_SERVICE@
        To let it act from now on: automation = "automatic" in coordinator.toml, then
            systemctl reload signalbox-coordinator
        """)
    case .blocked:
      CatalogEntry(
        "701c190855eb4108aa47c4a77f02b51c", "A move of @SIGNALBOX_SERVICE@ is held back",
        """
        The region where users are is confirmed down, and a rule forbids the move for
        now; the message says which. What holds, and the command that moves all the
        same:
            signalbox explain @SIGNALBOX_SERVICE@
        """)
    case .noTarget:
      CatalogEntry(
        "6b0194475e4b4de482e90b6022db5684", "No region can take over @SIGNALBOX_SERVICE@",
        """
        Moving users to a region that is not well helps nobody: the record stays as it
        is. Why each region may not take over:
            signalbox explain @SIGNALBOX_SERVICE@
        """)
    case .approvalWanted:
      CatalogEntry(
        "2e1e52b079a14fb3a29017edbf206474", "A move of @SIGNALBOX_SERVICE@ waits for an approval",
        """
        Everything else speaks for it. What it would do and why it asks:
            signalbox explain @SIGNALBOX_SERVICE@
        To say yes, on the coordinator's host, as root:
            signalbox approve @SIGNALBOX_SERVICE@
        """)
    case .order:
      CatalogEntry(
        "b24eb514265e47448d85d1be8035982f", "An operator gave an order about @SIGNALBOX_SERVICE@",
        """
        The message says which, and who gave it. What holds now:
            signalbox status
        """)
    case .held:
      CatalogEntry(
        "0d16b607fdf948ed81b3349e0ae16858", "@SIGNALBOX_REGION@ is down and not left",
        """
        Users of @SIGNALBOX_SERVICE@ have been at a region that is down for long. The
        message says which rule holds the move back, and the command that forces it.
        """)
    default:
      CatalogEntry(
        "008ef7a2afd34942b038781972fb77ae", "Another rule decides for @SIGNALBOX_SERVICE@",
        """
        Rule @SIGNALBOX_RULE@ holds now, as the message says.

            signalbox explain @SIGNALBOX_SERVICE@
        """)
    }
  }

  /// The steps of a move that go well.
  var aboutWrites: CatalogEntry {
    switch self {
    case .call:
      CatalogEntry(
        "5cc02b6a9848464890cb471132a0f43c", "The record of @SIGNALBOX_SERVICE@ is being written",
        """
        The call goes to Linode's API now. Until its outcome is known, nothing else is
        decided for this service.
        """)
    case .answer:
      CatalogEntry(
        "34e5fdddd898478f9d99c0e55a5639d6", "Linode's API has answered a write",
        """
        Accepted or refused, as the message says. An accepted write is read back
        before it counts.
        """)
    case .ambiguous:
      CatalogEntry(
        "5199931e45fa4f05aded62c30de84f5a", "The outcome of a write is not known",
        """
        No answer came: the write may have taken effect, or may yet. The record is
        read before anything is repeated.
        """)
    case .readBack:
      CatalogEntry(
        "558e89f765584b4aafedae8cc44ecfb6", "The record was read back",
        """
        The message says what stands there after the write.
        """)
    case .notApplied:
      CatalogEntry(
        "1b464c35257841d1ad4aaf08c1f110c5", "A write has not taken effect",
        """
        Two readings show the value of before. The write is made again.
        """)
    case .committed:
      CatalogEntry(
        "b0d74563b4974d379daeb86eb0188ae2", "A record of @SIGNALBOX_SERVICE@ has its new value",
        """
        It was read back. With the first one the move can no longer be called off: the
        rest is written whatever happens.
        """)
    default:
      CatalogEntry(
        "06dfeae8386b45558a6de8db18eb8f87", "The TXT marker is written",
        """
        It says which coordinator moves, and for which epoch, so that two coordinators
        notice each other.
        """)
    }
  }

  /// What delays a move or ends it early.
  var aboutHindrances: CatalogEntry {
    switch self {
    case .waiting:
      CatalogEntry(
        "54968945a8544a13aa113aa690e4c5d8", "A write waits",
        """
        The message says for what, and how long. Linode's API asked for it, or an
        attempt failed and the next one is not made at once.
        """)
    case .writeStopped:
      CatalogEntry(
        "26e97a02e6094683b5eed37e009ee2da", "A write was not made",
        """
        Right before it the evidence was judged anew, and no longer asked for it.
        """)
    case .writeInterrupted:
      CatalogEntry(
        "caa821a1019345d1a9d55f93fc7843e6", "A move was interrupted after a write",
        """
        It is taken up again at once, with a reading of the record.
        """)
    case .refused:
      CatalogEntry(
        "e82ee60d47d44d49acc189a2e360d737", "A move of @SIGNALBOX_SERVICE@ is refused",
        """
        By Linode's API for good, or because the record holds what somebody else put
        there. The message says which, and what to do. To move by hand, change the
        record in Linode's Cloud Manager.
        """)
    case .resumed:
      CatalogEntry(
        "4e83c67bf34f4bcca7b31081185181a6", "A move of @SIGNALBOX_SERVICE@ is taken up again",
        """
        The coordinator was restarted in the middle of it. The record was read first.
        """)
    case .foundWritten:
      CatalogEntry(
        "186a537cb9d54ca2a66b3f8c58b1d472", "A move had been written before the restart",
        """
        The record points at the target already; it is not written again.
        """)
    default:
      CatalogEntry(
        "5667ed85984c40308b5cc3560bd7196c", "A written record is not published yet",
        """
        Linode's API has taken the change, and name servers still give the old answer.
        Linode publishes within a minute as a rule: look at https://status.linode.com.
        Users stay where they are until then; nothing is written again for it.
        """)
    }
  }
}
