public import Wire

extension Screens {
  /// What a failover or failback would change, shown before it is asked for.
  ///
  /// `service` is the present state; `to` the region to go to.
  public static func movePlan(
    _ kind: MoveKind, service: ServiceStatus, to: String, style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    let from = service.active ?? service.at
    let subject = service.names.isEmpty ? service.service : Text.list(service.names)
    page.headline(
      "PLAN", .title, "\(subject): \(Text.clean(from)) -> \(Text.clean(to)), not done yet.")
    page.gap()
    let source = service.regions.first { $0.region == service.active }
    let target = service.regions.first { $0.region == to }
    page.labelled("Records", records(service, target: target), column: 16)
    page.labelled("Epoch", "\(service.epoch) -> \(service.epoch + 1)", column: 16)
    if let source {
      page.labelled("From", "\(source.region): \(source.verdict), \(source.counts)", column: 16)
    }
    if let target {
      page.labelled(
        "To", "\(target.region): \(target.verdict), \(target.counts)", column: 16)
      page.labelled(
        "Allowed",
        target.eligible
          ? "yes: it can take over"
          : "no: \(target.whyNot.joined(separator: "; "))",
        column: 16, tone: target.eligible ? .plain : .warning)
      page.labelled("Data at risk", atRisk(target, from: from), column: 16)
    }
    page.labelled("Then", consequence(kind, service: service, to: to), column: 16)
    return page.text
  }

  private static func records(_ service: ServiceStatus, target: RegionStatus?) -> String {
    let old = service.addresses.isEmpty ? "unknown" : Text.list(service.addresses)
    let new = target.map { Text.list($0.addresses) } ?? "unknown"
    return "\(old) -> \(new)" + (service.ttlSeconds.map { ", TTL \($0) s" } ?? "")
  }

  private static func atRisk(_ target: RegionStatus, from: String) -> String {
    if target.replicationStands, let age = target.lagAgeSeconds {
      return "writes of the last \(Text.span(age)) in \(from) have not arrived in "
        + "\(target.region): replication is \(target.replication ?? "late")"
    }
    guard let high = target.lagHighSeconds else {
      return "unknown: how far \(target.region) lags behind \(from) is not known"
    }
    return "the last \(Text.span(high)) of writes in \(from) arrive late in \(target.region)"
  }

  private static func consequence(_ kind: MoveKind, service: ServiceStatus, to: String) -> String {
    kind == .failback
      ? "automatic moves are armed as the policy says"
      : service.active == to
        ? "the address is put back, and nothing else changes"
        : "it stays in \(to) but in an emergency, until signalbox failback \(service.service)"
  }
}
