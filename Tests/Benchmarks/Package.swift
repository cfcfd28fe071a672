// swift-tools-version: 6.2
// Benchmarks, a package of their own: they are built for release and measure, they prove nothing.
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "signalbox", path: "../..")],
  targets: [
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "AgentCore", "Codec", "CoordinatorCore", "DNS", "Decision", "Linode", "Platform", "Sandbox",
        "Simulator", "Wire",
      ].map {
        .product(name: $0, package: "signalbox")
      },
      swiftSettings: [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
