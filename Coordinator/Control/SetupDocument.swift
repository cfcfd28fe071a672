import DNS

/// What `signalbox setup --json` prints.
struct SetupDocument: Encodable {
  struct Region: Encodable {
    var id: String
    var place: String
    var aws: String?
    var nodebalancer: String
    var addresses: [String]
    var isActive: Bool
  }
  struct Finding: Encodable {
    var kind: String
    var text: String
    var fix: String
    /// Whether `--apply` does it.
    var planned: Bool

    init(_ finding: SetupFinding) {
      kind = finding.kind.rawValue
      text = finding.text
      fix = finding.fix
      planned = finding.isPlanned
    }
  }
  struct Plan: Encodable {
    /// What `--apply` takes; empty when there is nothing to do.
    var checksum: String
    var steps: [Step]
  }
  struct Step: Encodable {
    struct Value: Encodable {
      var key: String
      var old: String?
      var new: String
    }

    /// The object, as the API's path.
    var path: String
    var title: String
    var values: [Value]

    init(_ step: SetupStep) {
      path = step.path
      title = step.title
      values = step.values.map { Value(key: $0.key, old: $0.old, new: $0.new) }
    }
  }

  var name: String
  var zone: String
  var service: String
  var regions: [Region]
  var findings: [Finding]
  var plan: Plan
  /// The whole proposed file.
  var file: String

  init(_ proposal: SetupProposal, _ plan: SetupPlan) {
    name = proposal.name
    zone = proposal.zone.name
    service = proposal.service
    regions = proposal.regions.map { region in
      Region(
        id: region.id, place: region.place, aws: region.aws,
        nodebalancer: region.balancer.label, addresses: region.addresses,
        isActive: region.isActive)
    }
    findings = proposal.findings.map(Finding.init)
    self.plan = Plan(checksum: plan.checksum, steps: plan.steps.map(Step.init))
    file = proposal.file
  }
}

/// What `signalbox setup --apply --json` prints.
struct SetupResultDocument: Encodable {
  struct Skipped: Encodable {
    var step: SetupDocument.Step
    var reason: String
  }
  struct Refusal: Encodable {
    var code: String
    var message: String
  }

  var version = 1
  /// Whether the whole plan is done and hosts pass every check.
  var done: Bool
  /// What was changed, in that order.
  var steps: [SetupDocument.Step]
  /// What was asked for, may have been done, and is not seen to be.
  var unproven: [SetupDocument.Step]
  var skipped: [Skipped]
  var refused: Refusal?
  /// What is left, of what was read last.
  var findings: [SetupDocument.Finding]

  init(_ result: SetupApplier.Result, _ hosts: [SetupFinding]) {
    done = result.refusal == nil && result.skipped.isEmpty && hosts.isEmpty
    steps = result.done.map(SetupDocument.Step.init)
    unproven = result.unproven.map(SetupDocument.Step.init)
    skipped = result.skipped.map {
      Skipped(step: SetupDocument.Step($0.step), reason: $0.reason)
    }
    refused = result.refusal.map { Refusal(code: $0.code, message: "\($0)") }
    findings = (result.proposal?.findings ?? []).map(SetupDocument.Finding.init)
  }
}
