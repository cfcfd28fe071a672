/// The body of a change, member by member, with everything that is wrong with it. A member that is
/// missing or null changes nothing; unknown ones are ignored.
struct LinodeForm {
  let body: JSON
  private(set) var problems: [LinodeReason] = []

  init(_ body: JSON) { self.body = body }

  /// The body of a request: an object, or nothing.
  init(_ bytes: [UInt8]) throws(LinodeRefusal) {
    guard !bytes.isEmpty else {
      self.init([:])
      return
    }
    guard let parsed = try? JSON(parsing: bytes), parsed.members != nil else {
      throw LinodeRefusal(400, "Invalid JSON")
    }
    self.init(parsed)
  }

  /// A member that is there and not null.
  subscript(_ key: String) -> JSON? {
    guard let value = body[key], value != .null else { return .none }
    return value
  }

  mutating func refuse(_ reason: String, _ key: String) {
    problems.append(LinodeReason(reason, key))
  }

  mutating func require(_ keys: String...) {
    for key in keys where self[key] == nil { refuse("\(key) is required", key) }
  }

  mutating func text(
    _ key: String, _ keep: inout String, _ reason: String, _ accept: (String) -> Bool
  ) {
    guard let value = self[key] else { return }
    if let text = value.text, accept(text) { keep = text } else { refuse(reason, key) }
  }

  mutating func choice(_ key: String, _ keep: inout String, _ accepted: [String]) {
    text(key, &keep, "Must be one of \(accepted.joined(separator: ", "))") {
      accepted.contains($0)
    }
  }

  mutating func number(_ key: String, _ keep: inout Int, _ range: ClosedRange<Int>) {
    guard let value = self[key] else { return }
    if let number = value.integer, range.contains(number) {
      keep = number
    } else {
      refuse("Must be \(range.lowerBound)-\(range.upperBound)", key)
    }
  }

  /// A time, rounded up as the API does.
  mutating func seconds(_ key: String, _ keep: inout Int) {
    guard let value = self[key] else { return }
    if let number = value.integer, number >= 0 {
      keep = LinodeRules.roundedUp(number)
    } else {
      refuse("Must be a non-negative integer", key)
    }
  }

  mutating func flag(_ key: String, _ keep: inout Bool) {
    guard let value = self[key] else { return }
    if let flag = value.boolean { keep = flag } else { refuse("Must be a boolean", key) }
  }

  mutating func list(_ key: String, _ keep: inout [String]) {
    guard let value = self[key] else { return }
    if let elements = value.elements, elements.allSatisfy({ $0.text != nil }) {
      keep = elements.compactMap(\.text)
    } else {
      refuse("Must be a list of strings", key)
    }
  }

  /// Refuses the request if anything was wrong.
  func check() throws(LinodeRefusal) {
    guard problems.isEmpty else { throw LinodeRefusal(invalid: problems) }
  }
}
