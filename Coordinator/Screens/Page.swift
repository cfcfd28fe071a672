/// A run of text in one colour.
struct Segment {
  var text: String
  var tone: Tone

  init(_ text: String, _ tone: Tone = .plain) {
    self.text = text
    self.tone = tone
  }
}

/// The lines of a screen while it is put together; no line leaves wider than the style allows.
struct Page {
  let style: ScreenStyle
  private var lines: [[Segment]] = []

  init(_ style: ScreenStyle) {
    self.style = style
  }

  mutating func add(_ text: String, _ tone: Tone = .plain) {
    lines.append([Segment(text, tone)])
  }

  mutating func add(_ segments: [Segment]) {
    lines.append(segments)
  }

  mutating func add(lines texts: [String], _ tone: Tone = .plain) {
    for text in texts { add(text, tone) }
  }

  /// An empty line, unless the page begins with it or already ends with one.
  mutating func gap() {
    guard let last = lines.last, !last.isEmpty else { return }
    lines.append([])
  }

  /// A labelled paragraph.
  mutating func labelled(_ label: String, _ text: String, column: Int = 11, tone: Tone = .plain) {
    add(lines: Text.labelled(label, text, column: column, width: style.width), tone)
  }

  /// Two texts, the second at the right edge; on a line of its own where it does not fit.
  mutating func spread(_ left: [Segment], _ right: String, tone: Tone = .quiet) {
    let used = left.reduce(0) { $0 + $1.text.count }
    let room = style.width - used - right.count
    if room >= 2 {
      add(left + [Segment(String(repeating: " ", count: room)), Segment(right, tone)])
    } else {
      add(left)
      add(Text.padLeft(right, style.width), tone)
    }
  }

  /// The first line of a screen: its word, then its sentence, further lines set in by four.
  mutating func headline(_ word: String, _ tone: Tone, _ sentence: String) {
    let lines = Text.wrap(sentence, style.width - 4)
    let first = style.width - word.count - 2
    var rest = lines
    if let one = lines.first, one.count <= first {
      add([Segment(word, tone), Segment("  \(one)", .title)])
      rest.removeFirst()
    } else {
      // The word takes room on the first line only.
      let again = Text.wrap(sentence, first)
      add([Segment(word, tone), Segment("  \(again.first ?? "")", .title)])
      rest =
        again.count > 1 ? Text.wrap(again.dropFirst().joined(separator: " "), style.width - 4) : []
    }
    for line in rest { add("    \(line)", .title) }
  }

  /// The whole text, each line ended.
  var text: String {
    var result = ""
    for segments in lines {
      var room = style.width
      for segment in segments {
        // Whatever it is made of: no line of a screen steers the terminal by what others said.
        let text = Text.clean(String(segment.text.prefix(room)))
        room -= text.count
        result += style.paint(text, segment.tone)
      }
      while !style.colours, result.hasSuffix(" ") { result.removeLast() }
      result += "\n"
    }
    return result
  }
}
