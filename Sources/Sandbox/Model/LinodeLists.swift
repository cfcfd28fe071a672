/// Lists: pages and filters (facts on Linode, section 2).
enum LinodeLists {
  static let defaultPageSize = 100

  /// `{data, page, pages, results}` of the elements that pass the filter.
  static func page(
    _ elements: [JSON], query: [String: String], filter: String?, filterable: Set<String>
  ) throws(LinodeRefusal) -> JSON {
    var problems: [LinodeReason] = []
    let page = query["page"].map { Int($0) ?? 0 } ?? 1
    if page < 1 { problems.append(LinodeReason("Must be 1 or greater", "page")) }
    let size = query["page_size"].map { Int($0) ?? 0 } ?? defaultPageSize
    if !(25...500).contains(size) {
      problems.append(LinodeReason("Must be 25-500", "page_size"))
    }
    guard problems.isEmpty else { throw LinodeRefusal(invalid: problems) }
    let chosen = try filtered(elements, filter, filterable)
    let pages = max(1, (chosen.count + size - 1) / size)
    guard page <= pages else { throw LinodeRefusal.notFound }
    let data = Array(chosen.dropFirst((page - 1) * size).prefix(size))
    return [
      "data": .array(data), "page": .integer(page), "pages": .integer(pages),
      "results": .integer(chosen.count),
    ]
  }

  private static func filtered(
    _ elements: [JSON], _ filter: String?, _ filterable: Set<String>
  ) throws(LinodeRefusal) -> [JSON] {
    guard let filter, !filter.isEmpty else { return elements }
    let parsed: JSON
    do { parsed = try JSON(parsing: Array(filter.utf8)) } catch {
      throw LinodeRefusal(400, "Invalid JSON", "X-Filter")
    }
    guard parsed.members != nil else { throw LinodeRefusal(400, "Invalid JSON", "X-Filter") }
    var chosen: [JSON] = []
    try check(parsed, filterable)
    for element in elements where matches(element, parsed) { chosen.append(element) }
    if let key = parsed["+order_by"]?.text {
      chosen.sort { isBefore($0[key], $1[key]) }
      if parsed["+order"]?.text == "desc" { chosen.reverse() }
    }
    return chosen
  }

  private static let operators: Set<String> = [
    "+gt", "+gte", "+lt", "+lte", "+neq", "+contains",
  ]

  private static func check(_ filter: JSON, _ filterable: Set<String>) throws(LinodeRefusal) {
    for member in filter.members ?? [] {
      switch member.name {
      case "+and", "+or":
        guard let parts = member.value.elements else {
          throw LinodeRefusal(400, "\(member.name) takes a list", "X-Filter")
        }
        for part in parts { try check(part, filterable) }
      case "+order_by":
        guard let key = member.value.text, filterable.contains(key) else {
          throw LinodeRefusal(400, "Cannot order by \(member.value.encodedText())", "X-Filter")
        }
      case "+order": break
      default:
        guard filterable.contains(member.name) else {
          throw LinodeRefusal(400, "Cannot filter on \(member.name)", "X-Filter")
        }
        for condition in member.value.members ?? [] where !operators.contains(condition.name) {
          throw LinodeRefusal(400, "Unknown operator \(condition.name)", "X-Filter")
        }
      }
    }
  }

  private static func matches(_ element: JSON, _ filter: JSON) -> Bool {
    (filter.members ?? []).allSatisfy { member in
      switch member.name {
      case "+and": (member.value.elements ?? []).allSatisfy { matches(element, $0) }
      case "+or": (member.value.elements ?? []).contains { matches(element, $0) }
      case "+order_by", "+order": true
      default: compare(value(of: member.name, in: element), with: member.value)
      }
    }
  }

  /// Of a key, or of a path as `entity.id`.
  private static func value(of path: String, in element: JSON) -> JSON? {
    path.split(separator: ".").reduce(Optional(element)) { $0?[String($1)] }
  }

  private static func compare(_ value: JSON?, with condition: JSON) -> Bool {
    guard let value else { return false }
    if let elements = value.elements { return elements.contains { compare($0, with: condition) } }
    guard let operators = condition.members else { return isEqual(value, condition) }
    return operators.allSatisfy { member in
      switch member.name {
      case "+gt": isBefore(member.value, value)
      case "+gte": !isBefore(value, member.value)
      case "+lt": isBefore(value, member.value)
      case "+lte": !isBefore(member.value, value)
      case "+neq": !isEqual(value, member.value)
      default: value.text?.contains(member.value.text ?? "\u{0}") ?? false
      }
    }
  }

  private static func isEqual(_ left: JSON, _ right: JSON) -> Bool {
    left == right || left.double != nil && left.double == right.double
  }

  private static func isBefore(_ left: JSON?, _ right: JSON?) -> Bool {
    if let left = left?.double, let right = right?.double { return left < right }
    return (left?.text ?? "") < (right?.text ?? "")
  }
}
