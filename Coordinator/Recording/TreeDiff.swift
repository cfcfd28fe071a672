/// How the numbers of a stream of trees have gone lately, in the shape of the tree: a counter that
/// goes up by the same step is expected to do so again.
final class Momentum {
  private var last: Int64 = 0
  private var before: Int64 = 0
  private var surpriseSum: UInt64 = 8
  private var surprises: UInt64 = 1
  private var children: [Momentum] = []
  private var following: Momentum?

  /// What is expected after `old`.
  func expects(_ old: Int64) -> Int64 {
    let isSteady = last != 0 && (last &- before).magnitude <= last.magnitude / 4
    return isSteady ? old &+ last : old
  }

  func note(_ old: Int64, _ new: Int64) {
    before = last
    last = new &- old
  }

  /// How many low bits a usual surprise has: the others are written one by one (Rice's code).
  var usualBits: Int {
    var bits = 0
    while bits < 40 && surprises << UInt64(bits) < surpriseSum { bits += 1 }
    return bits
  }

  /// Notes a number that was written, so that the next one takes less.
  func note(surprise: UInt64) {
    surpriseSum += min(surprise, 1 << 40)
    surprises += 1
    guard surprises >= 16 else { return }
    surpriseSum /= 2
    surprises /= 2
  }

  /// Of the entries that a list goes on with.
  var next: Momentum {
    if let following { return following }
    let made = Momentum()
    following = made
    return made
  }

  func child(_ index: Int) -> Momentum {
    while children.count <= index { children.append(Momentum()) }
    return children[index]
  }

  func forgetChildren() { children = [] }
}

/// Writes what is different in the next tree of a stream: a bit for everything that is as expected,
/// and some bytes for the rest.
struct TreeDiffer {
  private var bits = BitWriter()
  private var bytes = ByteWriter()
  private let texts: TextTable

  private init(_ texts: TextTable) {
    self.texts = texts
  }

  /// Writes the difference of `new` from `old`.
  static func write(
    _ old: Tree, _ new: Tree, to writer: inout ByteWriter, _ texts: TextTable,
    _ momentum: Momentum
  ) {
    var differ = TreeDiffer(texts)
    differ.put(old, new, momentum)
    writer.put(count: differ.bits.bytes.count)
    writer.put(differ.bits.bytes)
    writer.put(differ.bytes.bytes)
  }

  private mutating func put(_ old: Tree, _ new: Tree, _ momentum: Momentum) {
    switch (old, new) {
    case (.map(let before), .map(let after)): put(before, after, momentum)
    case (.list(let before), .list(let after)): put(before, after, momentum)
    case (.map, _), (.list, _):
      // Changed, in shape, to another kind.
      for _ in 0..<3 { bits.put(true) }
      TreeCoder.write(new, to: &bytes, texts)
    default: putLeaf(old, new, momentum)
    }
  }

  private mutating func putLeaf(_ old: Tree, _ new: Tree, _ momentum: Momentum) {
    guard let before = old.integer else {
      bits.put(old != new)
      if old != new { TreeCoder.write(new, to: &bytes, texts) }
      return
    }
    guard old.isAlike(new), let after = new.integer else {
      bits.put(true)
      bits.put(0, usual: momentum.usualBits)
      TreeCoder.write(new, to: &bytes, texts)
      return
    }
    let expected = momentum.expects(before)
    momentum.note(before, after)
    bits.put(after != expected)
    guard after != expected else { return }
    // Never 0: that says that something else comes.
    let surprise = ByteWriter.folded(after &- expected)
    bits.put(surprise, usual: momentum.usualBits)
    momentum.note(surprise: surprise)
  }

  private mutating func put(_ old: [Tree.Field], _ new: [Tree.Field], _ momentum: Momentum) {
    bits.put(old != new)
    guard old != new else { return }
    let sameKeys = old.count == new.count && zip(old, new).allSatisfy { $0.key == $1.key }
    bits.put(!sameKeys)
    if sameKeys {
      for index in new.indices {
        put(old[index].value, new[index].value, momentum.child(index))
      }
      return
    }
    bits.put(false)
    momentum.forgetChildren()
    bytes.put(count: new.count)
    for field in new {
      texts.write(field.key, to: &bytes)
      let before = old.first { $0.key == field.key }?.value ?? .null
      put(before, field.value, Momentum())
    }
  }

  private mutating func put(_ old: [Tree], _ new: [Tree], _ momentum: Momentum) {
    bits.put(old != new)
    guard old != new else { return }
    let dropped = TreeShift.dropped(old, new)
    let isInPlace = dropped == 0 && old.count == new.count
    bits.put(!isInPlace)
    if isInPlace {
      for index in new.indices { put(old[index], new[index], momentum.child(index)) }
      return
    }
    bits.put(false)
    bytes.put(count: dropped)
    bytes.put(count: new.count)
    var previous = old.last ?? .null
    for (index, entry) in new.enumerated() {
      if index < old.count - dropped {
        put(old[dropped + index], entry, Momentum())
      } else {
        put(previous, entry, momentum.next)
      }
      previous = entry
    }
  }
}

/// How a list has gone on: some entries of its beginning dropped, some new at its end.
enum TreeShift {
  /// How many of `old` are dropped so that most of the rest stands at the beginning of `new`; where
  /// none does, none of a list of the same length, and else all.
  static func dropped(_ old: [Tree], _ new: [Tree]) -> Int {
    var best = (same: 0, dropped: old.count == new.count ? 0 : old.count)
    for dropped in old.indices {
      guard old.count - dropped > best.same else { break }
      let same = zip(old[dropped...], new).count { $0 == $1 }
      if same > best.same { best = (same, dropped) }
    }
    return best.dropped
  }
}

/// Reads what a `TreeDiffer` wrote.
struct TreePatcher {
  private var bits: BitReader
  private var bytes: ByteReader
  private let texts: TextTable

  /// The tree that comes after `old`.
  static func read(
    _ old: Tree, _ reader: inout ByteReader, _ texts: TextTable, _ momentum: Momentum
  ) throws(Damage) -> Tree {
    let count = try reader.count()
    let bits = BitReader(try reader.take(count))
    var patcher = TreePatcher(bits: bits, bytes: reader, texts: texts)
    let tree = try patcher.take(old, momentum, depth: 0)
    reader = patcher.bytes
    return tree
  }

  private mutating func take(
    _ old: Tree, _ momentum: Momentum, depth: Int
  ) throws(Damage) -> Tree {
    guard depth < TreeCoder.maxDepth else { throw Damage(found: "it is nested too deep") }
    switch old {
    case .map(let fields): return try takeMap(fields, momentum, depth: depth)
    case .list(let entries): return try takeList(entries, momentum, depth: depth)
    default: return try takeLeaf(old, momentum)
    }
  }

  private mutating func takeLeaf(_ old: Tree, _ momentum: Momentum) throws(Damage) -> Tree {
    let isOther = try bits.bit()
    guard let before = old.integer else {
      return isOther ? try TreeCoder.read(&bytes, texts) : old
    }
    let expected = momentum.expects(before)
    guard isOther else {
      momentum.note(before, expected)
      return old.with(integer: expected)
    }
    let surprise = try bits.number(usual: momentum.usualBits)
    guard surprise != 0 else { return try TreeCoder.read(&bytes, texts) }
    let after = expected &+ ByteReader.unfolded(surprise)
    momentum.note(before, after)
    momentum.note(surprise: surprise)
    return old.with(integer: after)
  }

  private mutating func takeMap(
    _ old: [Tree.Field], _ momentum: Momentum, depth: Int
  ) throws(Damage) -> Tree {
    guard try bits.bit() else { return .map(old) }
    var fields: [Tree.Field] = []
    guard try bits.bit() else {
      for (index, field) in old.enumerated() {
        let value = try take(field.value, momentum.child(index), depth: depth + 1)
        fields.append(Tree.Field(key: field.key, value: value))
      }
      return .map(fields)
    }
    if try bits.bit() { return try TreeCoder.read(&bytes, texts) }
    momentum.forgetChildren()
    let count = try bytes.count()
    for _ in 0..<count {
      let key = try texts.read(&bytes)
      let before = old.first { $0.key == key }?.value ?? .null
      let value = try take(before, Momentum(), depth: depth + 1)
      fields.append(Tree.Field(key: key, value: value))
    }
    return .map(fields)
  }

  private mutating func takeList(
    _ old: [Tree], _ momentum: Momentum, depth: Int
  ) throws(Damage) -> Tree {
    guard try bits.bit() else { return .list(old) }
    var entries: [Tree] = []
    guard try bits.bit() else {
      for (index, entry) in old.enumerated() {
        entries.append(try take(entry, momentum.child(index), depth: depth + 1))
      }
      return .list(entries)
    }
    if try bits.bit() { return try TreeCoder.read(&bytes, texts) }
    let dropped = try bytes.number()
    guard dropped <= UInt64(old.count) else { throw Damage(found: "\(dropped) entries dropped") }
    let rest = old[Int(dropped)...]
    // Entries that nothing is said about take some bits: the count is bounded by what lists have.
    let count = try bytes.number()
    guard count <= 65_536 else { throw Damage(found: "a list of \(count) entries") }
    var previous = old.last ?? .null
    for index in 0..<Int(count) {
      previous =
        index < rest.count
        ? try take(rest[rest.startIndex + index], Momentum(), depth: depth + 1)
        : try take(previous, momentum.next, depth: depth + 1)
      entries.append(previous)
    }
    return .list(entries)
  }
}
