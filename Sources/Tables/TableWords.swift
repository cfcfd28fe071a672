/// What people read of a table.
public enum TableWords {
  // MARK: Status

  /// What is wrong with a table, the worst first; empty: nothing.
  public static func findings(_ view: TableView, wanted: [String], now: Double) -> [String] {
    var findings: [String] = []
    guard let (home, state) = view.home() else {
      return view.unread.isEmpty
        ? ["\(TableRefusal.missing)"] : ["\(TableRefusal.unreadable(view.unread))"]
    }
    for replica in state.replicas where replica.status != .active {
      var text = "the replica in \(view.name(replica.region)) is \(replica.status)"
      if let reason = replica.reason { text += ": \(reason)" }
      text += TableRefusal.remedy(replica.status, isStrong: state.isStrong)
      if let since = replica.inaccessible {
        text += " \(countdown(replica.status, since, now, isStrong: state.isStrong))"
      }
      findings.append(text)
    }
    if state.status != .active {
      findings.append(
        "the table in \(view.name(home)) is \(state.status)"
          + TableRefusal.remedy(state.status, isStrong: state.isStrong))
    }
    for aws in wanted where aws != home && state.replica(aws) == nil {
      switch view.reading(aws) {
      case .table: findings.append("\(TableRefusal.stranger(view.name(aws)))")
      case .missing, .unreadable:
        let id = view.regions.first { $0.aws == aws }?.ids.first ?? aws
        findings.append("no replica in \(view.name(aws)): signalbox table add-replica \(id)")
      }
    }
    if state.isLegacy { findings.append("\(TableRefusal.legacy(view.name(home)))") }
    if state.keys.contains(where: { $0.type != "S" }) {
      findings.append(
        "the key \(key(state.keys)) is not of strings: agents cannot keep heartbeats in this table")
    }
    if !view.unread.isEmpty { findings.append("\(TableRefusal.unreadable(view.unread))") }
    return findings
  }

  /// `(since 2 h; 18 h are left)`: of MREC 20 hours, of an MRSC replica's key seven days.
  static func countdown(
    _ status: TableState.Status, _ since: Double, _ now: Double, isStrong: Bool
  ) -> String {
    let hours = { (seconds: Double) -> String in
      let minutes = Int(max(0, min(seconds, 1e7)) / 60)
      return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }
    guard !isStrong || status == .keyless else { return "(since \(hours(now - since)))" }
    let left = since + (isStrong ? 604_800 : 72_000) - now
    return left > 0
      ? "(since \(hours(now - since)); \(hours(left)) are left)"
      : "(the \(isStrong ? "seven days" : "20 hours") are over)"
  }

  /// The screen of `status`.
  public static func screen(
    _ view: TableView, wanted: [String], timeToLive: String?, now: Double
  ) -> String {
    let findings = findings(view, wanted: wanted, now: now)
    var lines: [String] = []
    if findings.isEmpty, let (_, state) = view.home() {
      let count = state.replicas.count + 1
      let few = count == 1 ? "in one region" : "in \(count) regions"
      lines.append("OK  \(view.table) is \(few), all ACTIVE.")
    } else {
      lines.append("LOOK  \(view.table): \(findings.first ?? "")")
      lines += findings.dropFirst().map { "      \($0)" }
    }
    lines.append("")
    lines += rows(view)
    guard let (_, state) = view.home() else { return lines.joined(separator: "\n") + "\n" }
    lines.append("")
    for (name, text) in facts(state, timeToLive) { lines.append("  \(pad(name, 13))\(text)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One row for each region: of the file, and of the table.
  private static func rows(_ view: TableView) -> [String] {
    let home = view.home()
    var table = [["REGION", "AWS", "TABLE", "PROTECTED", "ITEMS", "SIZE"]]
    for region in view.regions {
      let id = region.ids.isEmpty ? "-" : region.ids.joined(separator: ",")
      var row = [id, region.aws]
      let replica = home?.state.replica(region.aws)
      switch region.reading {
      case .table(let state):
        let word = replica?.status.rawValue ?? state.status.rawValue
        let isStranger = region.aws != home?.aws && replica == nil
        row += [
          isStranger ? "\(word), no replica" : word, state.isProtected ? "yes" : "no",
          state.items.map { "\($0)" } ?? "?", state.bytes.map(size) ?? "?",
        ]
      case .missing: row += [replica?.status.rawValue ?? "none", "-", "-", "-"]
      case .unreadable: row += [replica.map { "\($0.status)" } ?? "?", "?", "?", "?"]
      }
      table.append(row)
    }
    let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    return table.map { row in
      var line = "  "
      for (text, width) in zip(row, widths) { line += pad(text, width + 2) }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }

  /// What holds for the whole table, by name.
  static func facts(_ state: TableState, _ timeToLive: String?) -> [(name: String, text: String)] {
    let version =
      state.isLegacy
      ? "2017.11.29"
      : state.version ?? (state.replicas.isEmpty ? "no global table: no replicas" : "unknown")
    var consistency = state.isStrong ? "strong (MRSC)" : "eventual (MREC): the last writer wins"
    if let witness = state.witness {
      consistency += ", witness in \(witness.region) \(witness.status)"
    }
    let billing =
      state.capacity.map { "provisioned: \($0.read) read, \($0.write) write units" } ?? "on demand"
    let stream =
      switch state.stream {
      case nil: "off"
      case TableState.wholeStream: "new and old images"
      case let type?: type
      }
    return [
      ("Version", version), ("Consistency", consistency), ("Key", key(state.keys)),
      ("Billing", billing), ("Stream", stream), ("Time to live", timeToLive ?? "?"),
    ]
  }

  // MARK: What is about to be done

  /// What a verb will do and what DynamoDB charges for it, for people to say yes to.
  public static func plan(_ actions: [TableAction], _ view: TableView) -> String {
    var lines = ["Table \(view.table):"]
    for action in actions { lines.append("  - \(named(action, view))") }
    let costs = actions.flatMap { cost($0, view) }
    var told: Set<String> = []
    for cost in costs where told.insert(cost).inserted { lines.append("  cost: \(cost)") }
    if !costs.isEmpty { lines.append("  prices: https://aws.amazon.com/dynamodb/pricing/") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func named(_ action: TableAction, _ view: TableView) -> String {
    switch action {
    case .createTable(let wish):
      "make it in \(view.name(wish.regions.first ?? "?")): key \(key(wish.keys)), on demand, with "
        + "a stream" + (wish.isProtected ? " and deletion protection" : "")
    case .enableStream(let region):
      "switch its stream on in \(view.name(region)) (new and old images)"
    case .addReplica(let region, let home):
      "add the replica in \(view.name(region)), asked of \(view.name(home))"
    case .removeReplica(let region, let home):
      "remove the replica in \(view.name(region)), asked of \(view.name(home)): its copy of the "
        + "items is deleted there"
    case .makeStrong(let regions, let witness, _):
      "add replicas with strong consistency (MRSC) in "
        + regions.map { view.name($0) }.joined(separator: ", ")
        + (witness.map { " and a witness in \(view.name($0))" } ?? "")
    }
  }

  /// What DynamoDB charges for: in words, because prices differ by region and change.
  static func cost(_ action: TableAction, _ view: TableView) -> [String] {
    let state = view.home()?.state
    let copies = (state?.replicas.count ?? 0) + 1
    let amount = state.map { state in
      let items = state.items.map { "\($0) items" } ?? "an unknown number of items"
      return "\(items), \(state.bytes.map(size) ?? "an unknown size")"
    }
    let counted = "(as DynamoDB counted within six hours)"
    switch action {
    case .createTable, .enableStream: return []
    case .addReplica:
      return [
        "each write once per KB for every replica, of which there "
          + "\(copies == 1 ? "is 1" : "are \(copies)") now, and its transfer to each other region",
        "storage of every copy, now \(amount ?? "empty") \(counted)",
        "once for each new replica: restoring its copy, by size, and the transfer there",
      ]
    case .makeStrong(_, let witness, _):
      return [
        "each write once per KB for every replica, and its transfer to each other region",
        "storage of every copy" + (witness == nil ? "" : "; none for the witness"),
      ]
    case .removeReplica:
      return [
        "less: each write is charged for \(copies) replicas now, and for one less afterwards, and "
          + "so is storage: \(amount ?? "empty") \(counted)"
      ]
    }
  }

  // MARK: Small words

  /// `3.1 MB`.
  static func size(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["bytes", "KB", "MB", "GB"] {
      if value < 1000 {
        return unit == "bytes" ? "\(bytes) bytes" : "\(tenths(value)) \(unit)"
      }
      value /= 1000
    }
    return "\(tenths(value)) TB"
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  static func key(_ keys: [TableState.Key]) -> String {
    keys.map { "\($0.name) (\($0.type))" }.joined(separator: ", ")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
