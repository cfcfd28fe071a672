extension FaultKind {
  /// All kinds with target and meaning, for people.
  public static var catalog: String {
    let width = (allCases.map(\.rawValue.count).max() ?? 0) + 2
    let lines = allCases.map { kind in
      let pad = String(repeating: " ", count: width - kind.rawValue.count)
      let target = kind.target == .none ? "no target" : "target: \(kind.target.rawValue)"
      return "\(kind.rawValue)\(pad)\(target)\n\(String(repeating: " ", count: width))"
        + kind.meaning
    }
    let use = """

      Start: POST /_sandbox/faults {"kind": ..., "target": ..., "seconds": ...} returns its id;
      without seconds it lasts until DELETE /_sandbox/faults/{id}. Those with an HTTP method
      take "count" too.
      """
    return lines.joined(separator: "\n") + "\n" + use
  }

  /// The same as a JSON list of `{"kind", "target", "meaning"}`; target null: none.
  public static var catalogJSON: String {
    let kinds = allCases.map { kind -> JSON in
      [
        "kind": .string(kind.rawValue),
        "target": kind.target == .none ? .null : .string(kind.target.rawValue),
        "meaning": .string(kind.meaning),
      ]
    }
    return JSON.array(kinds).encodedText()
  }
}
