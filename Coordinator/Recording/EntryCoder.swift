import Decision
import Wire

/// The first byte of an entry; numbers are never reused.
enum EntryKind: UInt8 {
  case keyframe = 1
  case report = 2
  case probes = 3
  /// `doubts` and the plain steps of all services, at the same time.
  case tick = 4
  case doubts = 5
  case step = 6
  case plainStep = 7
  /// Plain steps of the first services, by name, at the time of the entry before.
  case plainSteps = 8
  case summary = 9

  /// Set where the wall clock went otherwise than the boot-time clock.
  static let wallMoved: UInt8 = 0x80
}

/// What both ends of a segment remember of its entries, so that little has to be said of the next.
struct EntryMemory {
  let texts = TextTable()
  /// Service names of the newest keyframe.
  var services: [String] = []
  /// In the order of their first report.
  var streams: [Stream] = []
  var numbers: [AgentID: Int] = [:]
  var probes = Stream()
  /// The newest instant of any entry, and wall clock less boot-time clock.
  var instant: Int64 = 0
  var wallOffset: Int64 = 0
  var tick: Int64 = 0
  var tickInterval: Int64 = 0

  /// One source's trees.
  struct Stream {
    var tree = Tree.null
    let momentum = Momentum()
  }

  /// A keyframe starts everything anew but the texts.
  mutating func begin(_ keyframe: Keyframe) {
    services = keyframe.machines.map(\.topology.service)
    streams = []
    numbers = [:]
    probes = Stream()
    instant = keyframe.now.instant.milliseconds
    wallOffset = keyframe.now.wallMs - instant
    tick = instant
    tickInterval = 0
  }

  mutating func noteTick() {
    tickInterval = instant - tick
    tick = instant
  }
}

/// Writes entries of one segment.
struct EntryEncoder {
  private var memory = EntryMemory()
  private var writer = ByteWriter()
  /// A tick whose plain steps have been seen up to this service.
  private var open: (now: Now, steps: Int)?

  /// What was written since the last call; nothing of it is held back.
  mutating func drain() -> [UInt8] {
    close()
    defer { writer = ByteWriter() }
    return writer.bytes
  }

  /// Throws where the value cannot be encoded: then nothing of it was written.
  mutating func put(_ entry: Entry) throws {
    switch entry {
    case .keyframe(let keyframe):
      let tree = try TreeEncoder.encode(keyframe)
      close()
      writer.put(EntryKind.keyframe.rawValue)
      TreeCoder.write(tree, to: &writer, memory.texts)
      memory.begin(keyframe)
    case .report(let report, let at): try put(report, at: at)
    case .summary(let summary, let signed, let at):
      let tree = try TreeEncoder.encode(summary)
      close()
      writer.put(EntryKind.summary.rawValue)
      put(instant: at)
      writer.put(signed: signed.milliseconds &- at.milliseconds)
      TreeCoder.write(tree, to: &writer, memory.texts)
    case .probes(let round):
      let tree = try TreeEncoder.encode(round)
      close()
      writer.put(EntryKind.probes.rawValue)
      TreeDiffer.write(
        memory.probes.tree, tree, to: &writer, memory.texts, memory.probes.momentum)
      memory.probes.tree = tree
    case .doubts(let now):
      close()
      open = (now, 0)
      closeIfComplete()
    case .step(let step): try put(step)
    }
  }

  private mutating func put(_ report: Report, at: Instant) throws {
    let tree = try TreeEncoder.encode(report.recordable)
    close()
    let number = memory.numbers[report.agent] ?? memory.streams.count
    if number == memory.streams.count {
      memory.numbers[report.agent] = number
      memory.streams.append(EntryMemory.Stream())
    }
    writer.put(EntryKind.report.rawValue)
    writer.put(count: number)
    put(instant: at)
    let stream = memory.streams[number]
    TreeDiffer.write(stream.tree, tree, to: &writer, memory.texts, stream.momentum)
    memory.streams[number].tree = tree
  }

  private mutating func put(_ step: Step) throws {
    if let open, step.isPlain, step.now == open.now, open.steps < memory.services.count,
      memory.services[open.steps] == step.service
    {
      self.open?.steps += 1
      closeIfComplete()
      return
    }
    if step.isPlain, let number = memory.services.firstIndex(of: step.service) {
      close()
      put(.plainStep, step.now, memory.instant)
      writer.put(count: number)
      return
    }
    let tree = try TreeEncoder.encode(step)
    close()
    put(.step, step.now, memory.instant)
    TreeCoder.write(tree, to: &writer, memory.texts)
  }

  private mutating func closeIfComplete() {
    guard let open, open.steps == memory.services.count else { return }
    self.open = nil
    put(.tick, open.now, memory.tick + memory.tickInterval)
    memory.noteTick()
  }

  private mutating func close() {
    guard let open else { return }
    self.open = nil
    put(.doubts, open.now, memory.tick + memory.tickInterval)
    memory.noteTick()
    guard open.steps > 0 else { return }
    writer.put(EntryKind.plainSteps.rawValue)
    writer.put(count: open.steps)
  }

  private mutating func put(_ kind: EntryKind, _ now: Now, _ expected: Int64) {
    let offset = now.wallMs - now.instant.milliseconds
    let moved = offset != memory.wallOffset
    writer.put(kind.rawValue | (moved ? EntryKind.wallMoved : 0))
    if moved { writer.put(signed: offset &- memory.wallOffset) }
    memory.wallOffset = offset
    writer.put(signed: now.instant.milliseconds &- expected)
    memory.instant = now.instant.milliseconds
  }

  private mutating func put(instant: Instant) {
    writer.put(signed: instant.milliseconds &- memory.instant)
    memory.instant = instant.milliseconds
  }
}

/// Reads entries of one segment.
struct EntryDecoder {
  private var memory = EntryMemory()
  /// Gives only keyframes and ticks, which say when they were.
  private let timesOnly: Bool

  init(timesOnly: Bool = false) {
    self.timesOnly = timesOnly
  }

  /// Gives each entry of a frame; throws `Damage` where the content is not what was written.
  mutating func read(
    _ frame: ArraySlice<UInt8>, _ body: (Entry) throws -> Void
  ) throws {
    var reader = ByteReader(frame)
    while !reader.isAtEnd {
      let byte = try reader.byte()
      guard let kind = EntryKind(rawValue: byte & ~EntryKind.wallMoved) else {
        throw Damage(found: "an entry of kind \(byte)")
      }
      if byte & EntryKind.wallMoved != 0 { memory.wallOffset &+= try reader.signed() }
      try read(kind, &reader, body)
    }
  }

  private mutating func read(
    _ kind: EntryKind, _ reader: inout ByteReader, _ body: (Entry) throws -> Void
  ) throws {
    switch kind {
    case .keyframe:
      let tree = try TreeCoder.read(&reader, memory.texts)
      let keyframe = try Self.decode(Keyframe.self, tree)
      memory.begin(keyframe)
      try body(.keyframe(keyframe))
    case .report:
      guard let report = try report(&reader) else { return }
      try body(.report(report, at: Instant(milliseconds: memory.instant)))
    case .summary:
      memory.instant &+= try reader.signed()
      let signed = Instant(milliseconds: memory.instant &+ (try reader.signed()))
      let tree = try TreeCoder.read(&reader, memory.texts)
      if timesOnly { return }
      try body(
        .summary(
          try Self.decode(HealthSummary.self, tree), signed: signed,
          at: Instant(milliseconds: memory.instant)))
    case .probes:
      let tree = try TreePatcher.read(
        memory.probes.tree, &reader, memory.texts, memory.probes.momentum)
      memory.probes.tree = tree
      if timesOnly { return }
      try body(.probes(try Self.decode(ProbeRound.self, tree)))
    case .tick:
      try readTick(&reader)
      try body(.doubts(now))
      for service in memory.services where !timesOnly {
        try body(.step(Step(service: service, now: now)))
      }
    case .doubts:
      try readTick(&reader)
      try body(.doubts(now))
    case .plainSteps:
      let count = try reader.number()
      guard count <= UInt64(memory.services.count) else {
        throw Damage(found: "\(count) services of \(memory.services.count)")
      }
      for service in memory.services.prefix(Int(count)) {
        try body(.step(Step(service: service, now: now)))
      }
    case .plainStep:
      memory.instant &+= try reader.signed()
      let number = try reader.number()
      guard number < UInt64(memory.services.count) else {
        throw Damage(found: "service \(number) of \(memory.services.count)")
      }
      try body(.step(Step(service: memory.services[Int(number)], now: now)))
    case .step:
      memory.instant &+= try reader.signed()
      let tree = try TreeCoder.read(&reader, memory.texts)
      if timesOnly { return }
      try body(.step(try Self.decode(Step.self, tree)))
    }
  }

  private var now: Now {
    Now(
      instant: Instant(milliseconds: memory.instant),
      wallMs: memory.instant &+ memory.wallOffset)
  }

  private mutating func readTick(_ reader: inout ByteReader) throws(Damage) {
    memory.instant = memory.tick &+ memory.tickInterval &+ (try reader.signed())
    memory.noteTick()
  }

  private mutating func report(_ reader: inout ByteReader) throws -> Report? {
    let number = try reader.number()
    guard number <= UInt64(memory.streams.count) else {
      throw Damage(found: "agent \(number) of \(memory.streams.count)")
    }
    if number == memory.streams.count { memory.streams.append(EntryMemory.Stream()) }
    memory.instant &+= try reader.signed()
    let stream = memory.streams[Int(number)]
    let tree = try TreePatcher.read(stream.tree, &reader, memory.texts, stream.momentum)
    memory.streams[Int(number)].tree = tree
    return timesOnly ? nil : try Self.decode(Report.self, tree)
  }

  private static func decode<T: Decodable>(_ type: T.Type, _ tree: Tree) throws(Damage) -> T {
    do {
      return try TreeDecoder.decode(type, from: tree)
    } catch {
      throw Damage(found: "\(error)")
    }
  }
}
