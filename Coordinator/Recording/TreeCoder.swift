/// The texts that a segment has written in full: from the second time on a number stands for them.
final class TextTable {
  private var numbers: [String: Int] = [:]
  private var texts: [String] = []

  /// The most texts kept; more are written in full each time.
  static let bound = 16_384

  func write(_ text: String, to writer: inout ByteWriter) {
    if let number = numbers[text] {
      writer.put(count: number + 1)
      return
    }
    writer.put(count: 0)
    writer.put(text: text)
    learn(text)
  }

  func read(_ reader: inout ByteReader) throws(Damage) -> String {
    let number = try reader.number()
    if number == 0 {
      let text = try reader.text()
      learn(text)
      return text
    }
    guard number <= UInt64(texts.count) else {
      throw Damage(found: "text \(number) of \(texts.count)")
    }
    return texts[Int(number) - 1]
  }

  private func learn(_ text: String) {
    guard texts.count < Self.bound, numbers[text] == nil else { return }
    numbers[text] = texts.count
    texts.append(text)
  }
}

/// Writes and reads whole trees.
enum TreeCoder {
  /// The deepest nesting that is read; what is written has less than half of it.
  static let maxDepth = 64

  private enum Tag: UInt8 {
    case null, no, yes, int, large, double, text, list, map
  }

  static func write(_ tree: Tree, to writer: inout ByteWriter, _ texts: TextTable) {
    switch tree {
    case .null: writer.put(Tag.null.rawValue)
    case .bool(let value): writer.put((value ? Tag.yes : Tag.no).rawValue)
    case .int(let value):
      writer.put(Tag.int.rawValue)
      writer.put(signed: value)
    case .large(let value):
      writer.put(Tag.large.rawValue)
      writer.put(number: value)
    case .double(let value):
      writer.put(Tag.double.rawValue)
      writer.put(number: value.bitPattern.byteSwapped)
    case .text(let value):
      writer.put(Tag.text.rawValue)
      texts.write(value, to: &writer)
    case .list(let entries):
      writer.put(Tag.list.rawValue)
      writer.put(count: entries.count)
      for entry in entries { write(entry, to: &writer, texts) }
    case .map(let fields):
      writer.put(Tag.map.rawValue)
      writer.put(count: fields.count)
      for field in fields {
        texts.write(field.key, to: &writer)
        write(field.value, to: &writer, texts)
      }
    }
  }

  static func read(
    _ reader: inout ByteReader, _ texts: TextTable, depth: Int = 0
  ) throws(Damage) -> Tree {
    let byte = try reader.byte()
    guard let tag = Tag(rawValue: byte), depth < maxDepth else {
      throw Damage(found: "a value of kind \(byte) at depth \(depth)")
    }
    switch tag {
    case .null: return .null
    case .no: return .bool(false)
    case .yes: return .bool(true)
    case .int: return .int(try reader.signed())
    case .large: return .large(try reader.number())
    case .double: return .double(Double(bitPattern: try reader.number().byteSwapped))
    case .text: return .text(try texts.read(&reader))
    case .list:
      let count = try reader.count()
      var entries: [Tree] = []
      for _ in 0..<count { entries.append(try read(&reader, texts, depth: depth + 1)) }
      return .list(entries)
    case .map:
      let count = try reader.count()
      var fields: [Tree.Field] = []
      for _ in 0..<count {
        let key = try texts.read(&reader)
        fields.append(Tree.Field(key: key, value: try read(&reader, texts, depth: depth + 1)))
      }
      return .map(fields)
    }
  }
}
