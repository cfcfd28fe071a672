import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// What Linode's account tells beside records.
  var aboutAccount: CatalogEntry {
    switch self {
    case .changedBy:
      CatalogEntry(
        "b50c954fcf0b20089e8338fe5fc9b722", "Who changed the records of @SIGNALBOX_SERVICE@",
        """
        The records show what this coordinator did not write. The account's event log
        names who changed something in the zone shortly before. It may be a colleague
        with a reason: ask before it is put back.

        It takes a token with the scope events:read_only.
        """)
    default:
      CatalogEntry(
        "c6ffe6d87fd14412c0a3bf254e07d9a8", "NodeBalancers' addresses of an earlier start are used",
        """
        Regions are known by their NodeBalancer's label, and the Linode API could not
        be asked for the addresses. Those of the last time are used: a NodeBalancer
        keeps its addresses for as long as it exists. When the API answers again:
            systemctl reload signalbox-coordinator
        """)
    }
  }
}
