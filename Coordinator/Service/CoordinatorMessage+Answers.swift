import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// What the provider answers, and what keeps a move from getting on.
  var aboutAnswers: CatalogEntry {
    switch self {
    case .readAgain:
      CatalogEntry(
        "0559a111a8ac4522936943d1197e9010", "An answer of the API is asked for again",
        """
        It says something that would forbid writing, or that users are elsewhere. One
        answer may be garbled: it counts when the next one says the same.
        """)
    case .markerUnread:
      CatalogEntry(
        "a8683a3a4850410f8f5d07ecb151e1fa", "The marker of @SIGNALBOX_SERVICE@ cannot be read",
        """
        The TXT record _signalbox.NAME holds no marker: the answer was garbled, or the
        record is damaged. It forbids nothing. Where the same text stands for a minute,
        this coordinator writes its marker anew.
        """)
    case .zoneChanged:
      CatalogEntry(
        "ca71517b1eb44d35a62fd66f692bee9e", "Another zone counts for @SIGNALBOX_SERVICE@",
        """
        The longest zone of the account that holds the name is the one that name
        servers answer from, and it is another one than before: records in the old one
        reach nobody. Look for a zone that somebody made beside its parent:
            signalbox check @SIGNALBOX_SERVICE@
        """)
    case .zoneTrouble:
      CatalogEntry(
        "4364ad9ec6e748958c3fbc22b229587f",
        "What is written for @SIGNALBOX_SERVICE@ reaches nobody",
        """
        The zone is disabled, or the world is sent to other name servers for it, as the
        message says. A move would change nothing for users, so none is begun.
        """)
    case .zoneBack:
      CatalogEntry(
        "d4e60a0956714abda6445782f266c54d",
        "What is written for @SIGNALBOX_SERVICE@ reaches users again",
        """
        The alarm before it is over.
        """)
    default:
      CatalogEntry(
        "840cfbfa16bc46cf9d0bf1f36b493774", "A move of @SIGNALBOX_SERVICE@ does not get on",
        """
        It was begun, and cannot write, read or be published, as the message says. It
        goes on trying. Where users cannot wait, the way by hand:
            signalbox breakglass @SIGNALBOX_SERVICE@
        """)
    }
  }
}
