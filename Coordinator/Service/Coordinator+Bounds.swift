import Decision
import Wire

/// The bounds of what operators ask for: whatever comes over the socket, nothing traps or grows.
extension Coordinator {
  /// Refuses a span that does not last, or lasts for more than a year.
  static func check(span: Int64?, _ what: String) throws(Refusal) {
    guard let span, !(1...Limits.orderMs).contains(span) else { return }
    throw Refusal(
      code: "bad_span",
      message:
        "\(what) of \(Words.span(.milliseconds(span))): it has to last, and for a year at most")
  }
}

extension OrderRequest {
  /// The same with its texts cut.
  var bounded: OrderRequest {
    var request = self
    request.operatorName = Outside.text(operatorName, bytes: Limits.nameBytes)
    request.reason = reason.map { Outside.text($0) }
    request.name = name.map { Outside.text($0) }
    request.from = from.map { Outside.text($0) }
    request.to = to.map { Outside.text($0) }
    return request
  }
}

extension MoveRequest {
  /// The same with its texts cut.
  var bounded: MoveRequest {
    var request = self
    request.operatorName = Outside.text(operatorName, bytes: Limits.nameBytes)
    request.reason = reason.map { Outside.text($0) }
    request.to = to.map { Outside.text($0) }
    request.overrides = Outside.list(overrides)
    return request
  }
}
