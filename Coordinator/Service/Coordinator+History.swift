import CoordinatorCore
import Decision
import Store
import Wire

extension Coordinator {
  /// A page of the history, oldest first; `limit` is held within 1 and 1,000.
  func events(
    service: String?, incident: Int64?, after: Int64, limit: Int
  ) throws -> EventPage {
    let count = min(max(1, limit), 1_000)
    let events = try store.events(
      service: service, incident: incident, after: after, limit: count)
    return EventPage(events: events, next: events.count == count ? events.last?.id : nil)
  }

  /// The newest moves first; `limit` is held within 1 and 200.
  func incidents(service: String?, limit: Int) throws -> IncidentPage {
    let stored = try store.incidents(service: service, limit: min(max(1, limit), 200))
    return IncidentPage(incidents: stored.map(live))
  }

  /// One move by its number.
  func incident(_ text: String) throws -> IncidentRecord {
    guard let id = Int64(text), let found = try store.incident(id) else {
      throw Refusal(
        code: "unknown_incident",
        message: "there is no incident '\(Outside.text(text))'; look: signalbox "
          + "history")
    }
    return live(found)
  }

  /// A move in flight knows more than its last commit.
  private func live(_ stored: IncidentRecord) -> IncidentRecord {
    state[stored.service]?.incident.flatMap { $0.id == stored.id ? $0 : nil } ?? stored
  }
}
