/// A place in an item: an attribute, and what is inside it.
struct DynamoDBPath: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    case member(String)
    case index(Int)
  }

  var root: String
  var steps: [Step] = []

  /// The attribute's name; nil: it is a place inside one.
  var attribute: String? { steps.isEmpty ? root : nil }

  /// "[a, b, [0]]", as errors name it.
  var text: String {
    let parts =
      [root]
      + steps.map { step in
        switch step {
        case .member(let name): name
        case .index(let index): "[\(index)]"
        }
      }
    return "[\(parts.joined(separator: ", "))]"
  }

  /// In whose order a list's later elements come first: they can be removed one after the other.
  var removalOrder: String {
    steps.map { step in
      switch step {
      case .member(let name): return name
      case .index(let index):
        let digits = String(index)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
      }
    }.joined(separator: "\u{0}")
  }

  func overlaps(_ other: DynamoDBPath) -> Bool {
    root == other.root && (steps.starts(with: other.steps) || other.steps.starts(with: steps))
  }

  func value(in item: DynamoDBItem) -> JSON? {
    steps.reduce(item[root]) { value, step in
      switch step {
      case .member(let name): return value?["M"]?[name]
      case .index(let index):
        guard let elements = value?["L"]?.elements, index < elements.count else { return nil }
        return elements[index]
      }
    }
  }

  /// Writes a value; false: there is nothing that could hold it.
  func set(_ value: JSON, in item: inout DynamoDBItem) -> Bool {
    guard let changed = Self.setting(value, in: item[root], steps[...]) else { return false }
    item[root] = changed
    return true
  }

  /// Removes what is there; false: there is nothing that could hold it.
  func remove(from item: inout DynamoDBItem) -> Bool {
    guard !steps.isEmpty else {
      item[root] = nil
      return true
    }
    guard let changed = Self.removing(from: item[root], steps[...]) else { return false }
    item[root] = changed
    return true
  }

  private static func setting(
    _ value: JSON, in container: JSON?, _ steps: ArraySlice<Step>
  ) -> JSON? {
    guard let step = steps.first else { return value }
    let rest = steps.dropFirst()
    switch step {
    case .member(let name):
      guard var members = container?["M"]?.members else { return nil }
      let place = members.firstIndex { $0.name == name }
      guard let new = setting(value, in: place.map { members[$0].value }, rest) else { return nil }
      if let place {
        members[place].value = new
      } else {
        members.append(.init(name: name, value: new))
      }
      return ["M": .object(members)]
    case .index(let index):
      guard var elements = container?["L"]?.elements else { return nil }
      let old = index < elements.count ? elements[index] : nil
      guard let new = setting(value, in: old, rest) else { return nil }
      // Beyond the end it becomes the last.
      if index < elements.count { elements[index] = new } else { elements.append(new) }
      return ["L": .array(elements)]
    }
  }

  private static func removing(from container: JSON?, _ steps: ArraySlice<Step>) -> JSON? {
    guard let step = steps.first else { return container }
    let rest = steps.dropFirst()
    switch step {
    case .member(let name):
      guard var members = container?["M"]?.members else { return nil }
      guard let place = members.firstIndex(where: { $0.name == name }) else {
        return rest.isEmpty ? container : nil
      }
      if rest.isEmpty {
        members.remove(at: place)
      } else {
        guard let inner = removing(from: members[place].value, rest) else { return nil }
        members[place].value = inner
      }
      return ["M": .object(members)]
    case .index(let index):
      guard var elements = container?["L"]?.elements else { return nil }
      guard index < elements.count else { return rest.isEmpty ? container : nil }
      if rest.isEmpty {
        elements.remove(at: index)
      } else {
        guard let inner = removing(from: elements[index], rest) else { return nil }
        elements[index] = inner
      }
      return ["L": .array(elements)]
    }
  }

  /// What of an item is at these places, in maps and lists that hold nothing else.
  static func project(_ item: DynamoDBItem, _ paths: [DynamoDBPath]) -> DynamoDBItem {
    var shown: DynamoDBItem = [:]
    for (root, group) in Dictionary(grouping: paths, by: \.root) {
      shown[root] = item[root].flatMap { pick($0, group.map { $0.steps[...] }) }
    }
    return shown
  }

  private static func pick(_ value: JSON, _ wanted: [ArraySlice<Step>]) -> JSON? {
    if wanted.contains(where: \.isEmpty) { return value }
    let groups = Dictionary(grouping: wanted) { $0.first }.mapValues { $0.map { $0.dropFirst() } }
    if let members = value["M"]?.members {
      let found = members.compactMap { member -> JSON.Member? in
        guard let inner = groups[.member(member.name)].flatMap({ pick(member.value, $0) }) else {
          return nil
        }
        return .init(name: member.name, value: inner)
      }
      return found.isEmpty ? nil : ["M": .object(found)]
    }
    let found = (value["L"]?.elements ?? []).enumerated().compactMap { index, element in
      groups[.index(index)].flatMap { pick(element, $0) }
    }
    return found.isEmpty ? nil : ["L": .array(found)]
  }
}
