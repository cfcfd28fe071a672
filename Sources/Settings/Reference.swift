/// The reference of all configuration keys, made from the table that parses them.
public enum Reference {
  /// The text of `docs/configuration.md`.
  public static func markdown() -> String {
    let chapters = [
      chapter(.coordinator, example: coordinatorExample),
      chapter(.agentFile, example: agentExample),
    ]
    return ([introduction] + chapters).joined(separator: "\n")
  }

  private static let introduction = """
    # Configuration

    Made from the code that reads the files: change `Sources/Settings`, then run the tests with
    `SIGNALBOX_REWRITE=1`.

    The files are TOML in `/etc/signalbox/`. They are checked as a whole: every mistake is named at
    once, with its line, its key, what was found and what is accepted, and the program exits 2.

    * Every time has a unit: `"500ms"`, `"1.5s"`, `"10m"`, `"2h"`, `"7d"`. A number alone is
      a mistake.
    * Names of services, regions and agents are 1 to 63 of `a-z`, `0-9` and `-`. A region is named
      by its Linode id; the AWS id stands only in `aws` and `aws_region`.
    * Lists keep their order: `regions` is by preference.
    * Secrets are paths of files with mode 0600, never values.
    * Default times marked with * are divided by `rehearsal_speed`; what a file sets is taken
      as it is.

    """

  private static func chapter(_ schema: Schema, example: String) -> String {
    var text = "## \(schema.file)\n\nA whole file:\n\n"
    text += "```toml\n\(example)```\n"
    for section in schema.sections {
      text += "\n### \(heading(section))\n\n\(section.doc)"
      if case .named(let what) = section.form { text += " NAME is \(what)." }
      text += "\n\n| key | accepted | default | meaning |\n|---|---|---|---|\n"
      for key in section.keys { text += row(key) }
      if !section.planned.isEmpty {
        text += "\nPlanned, refused for now: \(list(section.planned)).\n"
      }
    }
    if !schema.planned.isEmpty {
      text += "\nPlanned tables, refused for now: \(list(schema.planned)).\n"
    }
    return text
  }

  private static func heading(_ section: Section) -> String {
    section.name.isEmpty ? "Top of the file" : "`\(section.title)`"
  }

  private static func row(_ key: Key) -> String {
    var accepted = key.kind.accepted
    if case .choice(_, let planned) = key.kind, !planned.isEmpty {
      accepted += "; planned: \(planned.map { "\"\($0)\"" }.joined(separator: ", "))"
    }
    let cells = ["`\(key.name)`", cell(accepted), fallback(key), cell(key.doc)]
    return "| \(cells.joined(separator: " | ")) |\n"
  }

  private static func fallback(_ key: Key) -> String {
    switch key.fallback {
    case .required: return "required"
    case .absent(let words): return "none: \(cell(words))"
    case .derived(let words): return cell(words)
    case .value(let value):
      if case .ttl = key.kind, case .integer(let seconds) = value {
        return "`\"\(Texts.text(.seconds(seconds)))\"`"
      }
      if key.kind.isPaced { return "`\(value.toml)` *" }
      return "`\(value.toml)`"
    }
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

  private static func list(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }
}
