import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// Starts, identities, and exclusive work.
  var aboutSurroundings: CatalogEntry {
    switch self {
    case .startsOften:
      CatalogEntry(
        "1bfa05e1afd4544d7000dabed145ecce", "The coordinator starts over and over",
        """
        Each start begins every confirmation anew: a region that is down may never be
        left this way. Why does it end?
            journalctl -u signalbox-coordinator
        """)
    case .twins:
      CatalogEntry(
        "c22e08673428fe09e44cb3209d7e2793", "Two hosts use one identity",
        """
        Two hosts of region @SIGNALBOX_REGION@ report with the same key, one probably
        copied from the other. Nobody can tell which is which: neither counts, both are
        missing, and the region goes by its other hosts.

        Stop the copy, or make it a key of its own and list it in coordinator.toml.
        Ten minutes later the other counts again by itself.
        """)
    case .twinsEnded:
      CatalogEntry(
        "d45df2c6c244a513696f77917dcb6a1b", "An identity has one host again",
        """
        For ten minutes one host alone has used it. It counts again.
        """)
    default:
      CatalogEntry(
        "14dc72dff57708b1a6b704405ee10f13",
        "Exclusive work of @SIGNALBOX_SERVICE@ passes to another region",
        """
        Hosts of region @SIGNALBOX_REGION@ get leases for work that only one region
        may do. Nobody else holds one: each host of the region before has acknowledged
        the move, or its lease has ended.
        """)
    }
  }
}
