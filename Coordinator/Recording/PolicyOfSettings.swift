public import Decision
public import Settings

extension Policy {
  /// The rules of one service of a coordinator's file.
  public init(_ service: ServiceSettings, of settings: CoordinatorSettings) {
    self.init()
    automation =
      switch settings.automation {
      case .observe: .observe
      case .approve: .approve
      case .automatic: .automatic
      }
    onDataRisk =
      switch service.onDataRisk {
      case .proceed: .proceed
      case .ask: .ask
      }
    onContested =
      switch service.onContested {
      case .move: .move
      case .alert: .alert
      }
    drift =
      switch service.drift {
      case .alert: .alert
      case .enforce: .enforce
      }
    failback =
      switch service.failback {
      case .manual: .manual
      case .automatic: .automatic
      case .never: .never
      }
    lease = service.lease
    minHealthy = service.minHealthy
    freshFor = service.freshFor
    reportInterval = service.reportInterval
    probeInterval = service.probeInterval
    minVantages = service.minVantages
    failoverAfter = service.failoverAfter
    outsideConfirm = service.outsideConfirm
    cooldown = service.cooldown
    minUp = service.minUp
    maxSwitches = service.maxSwitches
    maxSwitchesHard = service.maxSwitchesHard
    switchWindow = service.switchWindow
    failbackAfter = service.failbackAfter
    maxLag = service.maxLag
    maxDataAtRisk = service.maxDataAtRisk
    heartbeatPeriod = service.heartbeatPeriod
    heartbeatRead = service.heartbeatRead
    let pace = settings.pace
    failbackPause = pace.failbackPause
    writeDeadline = pace.writeDeadline
    mayLandFor = pace.mayLandFor
    rereadAfter = pace.rereadAfter
    convergenceRound = pace.convergenceRound
    notPublishedAfter = pace.notPublishedAfter
    // A rehearsal runs on a shared machine: its stalls are not shorter for it.
    lateTick = max(pace.lateTick, .seconds(1))
    refusalPause = service.outsideConfirm
    credentialsWait = pace.credentialsWait
    driftAfter = pace.driftAfter
    driftPause = pace.driftPause
    approvalValid = pace.approvalValid
    probation = pace.probation
    votelessAfter = pace.votelessAfter
  }
}
