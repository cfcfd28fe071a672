import CoordinatorCore
import Platform

extension CoordinatorMessage {
  /// The recording of evidence.
  var aboutRecording: CatalogEntry {
    switch self {
    case .notRecorded:
      CatalogEntry(
        "fbaf23a531f94bf0a03b70602e5d186f", "Evidence is not recorded",
        """
        What decisions rest on could not be written, as the message says. Decisions
        are made as always; what is missing cannot be played again later with
            signalbox replay
        Is the disk full?
            df -h /var/lib/signalbox
        """)
    default:
      CatalogEntry(
        "e6b2bb50d0e7482d97f9a9bf9d458045", "Evidence is recorded again",
        """
        What was not written meanwhile stays a gap: signalbox replay says where.
        """)
    }
  }
}
