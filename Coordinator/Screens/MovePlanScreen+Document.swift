public import Wire

extension Screens {
  /// A plan that was made from freshly read records: `signalbox plan`, and what `failover` and
  /// `failback` show before they ask.
  public static func movePlan(
    _ plan: MovePlanDocument, style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    let subject = plan.names.isEmpty ? plan.service : Text.list(plan.names)
    page.headline(
      "PLAN", .title,
      "\(subject): \(Text.clean(plan.from ?? "nowhere")) -> \(Text.clean(plan.to)), not done yet.")
    page.gap()
    page.records(plan)
    page.labelled("Epoch", "\(plan.epoch) -> \(plan.epoch + 1)", column: 16)
    page.labelled("Wait", wait(plan.wait), column: 16)
    if let from = plan.from, let state = plan.fromState {
      page.labelled("From", "\(from): \(state)", column: 16)
    }
    if let state = plan.toState { page.labelled("To", "\(plan.to): \(state)", column: 16) }
    page.allowed(plan)
    page.labelled(
      "Data at risk",
      plan.dataAtRisk.map { "\($0.amount) in \(plan.from ?? "the source")" }
        ?? "unknown: how far \(plan.to) lags behind is not known", column: 16)
    page.labelled(
      "Then",
      plan.kind == .failback
        ? "automatic moves are armed as the policy says"
        : plan.from == nil || plan.from == plan.to
          ? "the address is put back, and nothing else changes"
          : "it stays in \(plan.to) but in an emergency, until signalbox failback \(plan.service)",
      column: 16)
    return page.text
  }

  /// How a plan is made to happen: what `signalbox plan` ends with.
  public static func applying(
    _ plan: MovePlanDocument, style: ScreenStyle = ScreenStyle()
  ) -> String {
    var page = Page(style)
    page.labelled("Checksum", plan.checksum, column: 16)
    var command = "signalbox plan \(plan.service) --to \(plan.to) --apply \(plan.checksum)"
    var label = "You can"
    if !plan.overrides.isEmpty {
      command += plan.overrides
      label = "All the same"
    } else if plan.refusal != nil {
      command = "signalbox explain \(plan.service)"
    }
    // A command is wider than the style where it has to be: it is there to be pasted.
    var wide = style
    wide.width = .max
    var last = Page(wide)
    last.add("  \(Text.pad(label, 14))\(Text.clean(command))")
    return page.text + last.text
  }

  private static func wait(_ wait: PlannedWait) -> String {
    let publish = "up to \(Text.span(wait.publishSeconds)) until every name server shows it"
    guard let cache = wait.cacheSeconds else {
      return "\(publish); how long caches keep the old address is not known"
    }
    return "\(publish), then up to \(Text.span(cache)) in caches"
  }
}

extension Page {
  /// Every record with its id and both values, and the marker.
  fileprivate mutating func records(_ plan: MovePlanDocument) {
    var label = "Records"
    for record in plan.records {
      var text = "\(record.type) "
      switch (record.old, record.new) {
      case (let old?, let new?) where old == new: text += "\(old), as it is to be"
      case (let old?, let new?): text += "\(old) -> \(new)"
      case (let old?, nil): text += "\(old), not touched"
      case (nil, let new): text += "-> \(new ?? "nothing")"
      }
      labelled(label, text, column: 16, tone: record.new == nil ? .warning : .plain)
      var detail = "\(record.name), \(record.id.map { "id \($0)" } ?? "not there")"
      if let ttl = record.ttlSeconds { detail += ttl == 0 ? ", the zone's TTL" : ", TTL \(ttl) s" }
      labelled("", detail, column: 18, tone: .quiet)
      label = ""
    }
    if plan.records.isEmpty { labelled("Records", "none", column: 16, tone: .warning) }
    label = "Marker"
    for marker in plan.markers {
      labelled(label, "TXT \"\(marker.new)\"", column: 16)
      let id = marker.id.map { "id \($0)" } ?? "to be made"
      labelled("", "\(marker.name), \(id)", column: 18, tone: .quiet)
      label = ""
    }
    for trouble in plan.troubles { labelled("Trouble", trouble, column: 16, tone: .warning) }
  }

  /// Whether it would be made now, condition by condition where it would not.
  fileprivate mutating func allowed(_ plan: MovePlanDocument) {
    if let refusal = plan.refusal {
      // What the conditions below say is not said twice.
      let missing = plan.conditions.filter { !$0.holds }
      let why = missing.isEmpty ? ": \(refusal.message)" : ""
      labelled("Allowed", "no\(why) [\(refusal.code)]", column: 16, tone: .warning)
      for line in plan.conditions {
        labelled("", "\(line.holds ? "ok" : "no")  \(line.name): \(line.text)", column: 16)
      }
    } else {
      let list = plan.conditions.map(\.text).joined(separator: "; ")
      labelled("Allowed", list.isEmpty ? "yes" : "yes: \(list)", column: 16)
    }
    if let first = plan.holds.first {
      labelled(
        "By itself", "it would not move now: \(first.text) (\(first.label) \(first.name))",
        column: 16)
    }
  }
}
