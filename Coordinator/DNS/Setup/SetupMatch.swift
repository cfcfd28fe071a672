import Linode

/// How much NodeBalancers of different regions look like those of one app.
///
/// Nothing in an account says which belong together: labels that differ in the place alone, the
/// same ports and the same check paths are signs.
struct SetupMatch {
  var survey: SetupSurvey

  /// From this on two are taken for the same app's.
  static let enough = 2

  /// 0 to 4: the label's stem counts twice, the ports and the check paths once each.
  func score(_ left: SetupSurvey.Balancer, _ right: SetupSurvey.Balancer) -> Int {
    let ports = (Set(left.configs.map(\.port)), Set(right.configs.map(\.port)))
    let paths = (Self.paths(left), Self.paths(right))
    return (stem(left) == stem(right) ? 2 : 0) + (!ports.0.isEmpty && ports.0 == ports.1 ? 1 : 0)
      + (!paths.0.isEmpty && paths.0 == paths.1 ? 1 : 0)
  }

  /// The label's words without numbers and without what says where: `lb-us-east-1` and
  /// `lb-eu-central-1` are both `lb`.
  func stem(_ balancer: SetupSurvey.Balancer) -> [String] {
    let region = balancer.object.region
    let known = survey.regions.first { $0.id == region }
    var places = Set(Self.words(region)).union(Self.words(survey.place(region)))
    places.insert(known?.country ?? "")
    // Codes as in `gb-lon` and sites as in `de-fra-2` are words of the id already.
    return Self.words(balancer.object.label).filter { !places.contains($0) }
  }

  /// In lower case, without numbers.
  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.compactMap { word in
      var word = word
      while word.last?.isNumber == true { word.removeLast() }
      return word.isEmpty ? nil : String(word)
    }
  }

  private static func paths(_ balancer: SetupSurvey.Balancer) -> Set<String> {
    Set(balancer.configs.map(\.checkPath).filter { !$0.isEmpty })
  }

  /// The best of some for an app that has `reference`; with equal signs the oldest.
  func best(
    of balancers: [SetupSurvey.Balancer], like reference: SetupSurvey.Balancer?
  ) -> SetupSurvey.Balancer? {
    balancers.sorted { $0.object.id < $1.object.id }.reduce(nil as SetupSurvey.Balancer?) {
      best, next in
      guard let best else { return next }
      guard let reference else { return best }
      return score(next, reference) > score(best, reference) ? next : best
    }
  }
}
