/// A region's expected hosts, each with its vote. Of those that are plainly good nothing is held
/// but the list of hosts, which services share: with hundreds of hosts and tens of services most of
/// what is remembered would be that all is well.
public struct Instances: Hashable, Sendable {
  /// Every host, in its order.
  let agents: [AgentID]
  /// By place, those that are not plainly good.
  private var others: [Int: InstanceView] = [:]

  init(good agents: [AgentID]) { self.agents = agents }

  public init(_ views: [InstanceView]) {
    agents = views.map(\.agent)
    for (place, view) in views.enumerated() { self[place] = view }
  }

  /// Those that are not plainly good, in their order.
  public var notable: [InstanceView] { notablePlaces.compactMap { others[$0] } }

  /// Where those are.
  var notablePlaces: [Int] { others.keys.sorted() }
}

extension Instances: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { agents.count }

  /// The view of that host; what is written is of the same one.
  public internal(set) subscript(place: Int) -> InstanceView {
    get { others[place] ?? InstanceView(agent: agents[place], vote: .good) }
    set {
      let isPlain = newValue == InstanceView(agent: agents[place], vote: .good)
      // Nothing is looked up where nothing is held: that is the usual case.
      if !isPlain || !others.isEmpty { others[place] = isPlain ? nil : newValue }
    }
  }
}

extension Instances: ExpressibleByArrayLiteral {
  public init(arrayLiteral views: InstanceView...) { self.init(views) }
}
