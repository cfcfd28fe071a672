import Testing

@testable import CoordinatorService

/// What `systemctl status` shows.
@Suite struct StatusLineTests {
  private func service(
    _ name: String = "app", active: String? = "us-east",
    move: (from: String?, to: String, epoch: UInt64)? = nil, troubles: [String] = []
  ) -> StatusLine.Service {
    StatusLine.Service(
      name: name, regionCount: 3, active: active, move: move, troubles: troubles)
  }

  @Test func oneService() {
    #expect(StatusLine.text([service()]) == "3 regions, active us-east, all healthy")
    #expect(
      StatusLine.text([service(troubles: ["eu-central silent"])])
        == "3 regions, active us-east, eu-central silent")
    #expect(
      StatusLine.text([service(active: nil, troubles: ["DNS not read"])])
        == "3 regions, active unknown, DNS not read")
    #expect(
      StatusLine.text([service(move: ("us-east", "eu-central", 4))])
        == "moving us-east to eu-central (epoch 4)")
    #expect(
      StatusLine.text([service(move: (nil, "eu-central", 4), troubles: ["us-east failing"])])
        == "moving nowhere to eu-central (epoch 4), us-east failing")
  }

  @Test func severalServices() {
    let others = [service("blog"), service("shop")]
    #expect(StatusLine.text(others) == "2 services, all healthy")
    #expect(
      StatusLine.text(others + [service(troubles: ["eu-central silent"])])
        == "3 services, 2 healthy; app: 3 regions, active us-east, eu-central silent")
    #expect(
      StatusLine.text([
        service(move: ("us-east", "ap-south", 2)), service("b", troubles: ["just started"]),
      ]) == "2 services; app: moving us-east to ap-south (epoch 2); "
        + "b: 3 regions, active us-east, just started")
  }

  @Test func troublesOfTheProgram() {
    #expect(
      StatusLine.text(
        [service()], troubles: ["configuration not reloaded: coordinator.toml:3: found 7"])
        == "3 regions, active us-east, all healthy; "
        + "configuration not reloaded: coordinator.toml:3: found 7")
    let long = StatusLine.text([service()], troubles: [String(repeating: "x", count: 5000)])
    #expect(long.count == StatusLine.maxCharacters && long.hasSuffix("..."))
  }
}
