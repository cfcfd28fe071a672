// swift-tools-version: 6.2
// The map of Signalbox: targets bottom-up. Imports only go down.
//
// SIGNALBOX_PURE=1          only the pure targets, Codec, Settings and their tests, without
//                           server packages
// SIGNALBOX_ONLY=Name,Name  only these modules, what they need, and their tests
// SIGNALBOX_UNOPTIMISED=1   debug builds as a debugger likes them
import PackageDescription

/// The settings of every target of ours.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Debug builds of ours are optimised, tests aside: what is tested computes more than it is
/// compiled, and nothing in it asks whether a build is one for debugging.
let optimised: [SwiftSetting] =
  Context.environment["SIGNALBOX_UNOPTIMISED"] == "1"
  ? [] : [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// How release programs are linked: they export nothing, which nobody would load from them, and
/// what the loader has to relocate is packed, as glibc reads it since 2.36: an eighth of their
/// size.
let lean: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker",
      "pack-relative-relocs",
    ],
    .when(configuration: .release))
]

/// A product of another package, by the name that the modules below use for it.
struct External {
  var package: String
  var url: String
  var version: Version
  var withoutTraits = false
}

let externals: [String: External] = [
  "ArgumentParser": External(
    package: "swift-argument-parser", url: "apple/swift-argument-parser", version: "1.8.2"),
  "Logging": External(package: "swift-log", url: "apple/swift-log", version: "1.16.2"),
  "ServiceLifecycle": External(
    package: "swift-service-lifecycle", url: "swift-server/swift-service-lifecycle",
    version: "2.13.0"),
  "UnixSignals": External(
    package: "swift-service-lifecycle", url: "swift-server/swift-service-lifecycle",
    version: "2.13.0"),
  // Not StructuredFieldValues of the same package: that imports Foundation.
  "RawStructuredFieldValues": External(
    package: "swift-http-structured-headers", url: "apple/swift-http-structured-headers",
    version: "1.7.0"),
  "Hummingbird": External(
    package: "hummingbird", url: "hummingbird-project/hummingbird", version: "2.28.1",
    withoutTraits: true),
  "HummingbirdCore": External(
    package: "hummingbird", url: "hummingbird-project/hummingbird", version: "2.28.1",
    withoutTraits: true),
  "HTTPTypes": External(
    package: "swift-http-types", url: "apple/swift-http-types", version: "1.8.0"),
  "NIOCore": External(package: "swift-nio", url: "apple/swift-nio", version: "2.101.2"),
  "NIOPosix": External(package: "swift-nio", url: "apple/swift-nio", version: "2.101.2"),
  "NIOHTTP1": External(package: "swift-nio", url: "apple/swift-nio", version: "2.101.2"),
  "GRDB": External(package: "GRDB.swift", url: "groue/GRDB.swift", version: "7.10.0"),
]

/// One of our targets.
struct Module {
  enum Kind { case library, program, tests, cxx, system(pkgConfig: String?, apt: [String]) }
  var name: String
  var kind: Kind
  var path: String
  var needs: [String]
  /// Files in the folder that are no sources.
  var excluded: [String] = []

  static func c(_ name: String, pkgConfig: String? = nil, apt: [String] = []) -> Module {
    Module(
      name: name, kind: .system(pkgConfig: pkgConfig, apt: apt), path: "Sources/\(name)", needs: [])
  }
  /// C++ of ours behind a plain C header.
  static func cxx(_ name: String) -> Module {
    Module(name: name, kind: .cxx, path: "Sources/\(name)", needs: [])
  }
  static func library(_ name: String, _ path: String, _ needs: [String] = []) -> Module {
    Module(name: name, kind: .library, path: path, needs: needs)
  }
  static func program(_ name: String, _ path: String, _ needs: [String]) -> Module {
    Module(name: name, kind: .program, path: path, needs: needs)
  }
  /// Tests of the module `name`; `path` where they do not live in `Tests/<name>Tests`.
  static func tests(
    _ name: String, _ needs: [String], path: String? = nil, excluded: [String] = []
  ) -> Module {
    Module(
      name: "\(name)Tests", kind: .tests, path: path ?? "Tests/\(name)Tests", needs: needs,
      excluded: excluded)
  }
}

let modules: [Module] = [
  // What more than one program uses.
  .c("CCurl", pkgConfig: "libcurl", apt: ["libcurl4-openssl-dev"]),
  .c("COpenSSL", pkgConfig: "libcrypto", apt: ["libssl-dev"]),
  .c("CSystemd", pkgConfig: "libsystemd", apt: ["libsystemd-dev"]),
  .c("CLdns", pkgConfig: "ldns", apt: ["libldns-dev"]),
  .c("CZlib", pkgConfig: "zlib", apt: ["zlib1g-dev"]),
  .c("CLinux"),
  // Headers of libtomlplusplus-dev.
  .cxx("CToml"),
  .library("Wire", "Sources/Wire"),
  .library("Seeded", "Sources/Seeded"),
  .library("Tables", "Sources/Tables"),
  .library("Codec", "Sources/Codec", ["Wire", "RawStructuredFieldValues"]),
  .library("Settings", "Sources/Settings", ["Wire", "CToml"]),
  .library(
    "Platform", "Sources/Platform",
    ["Wire", "CCurl", "COpenSSL", "CSystemd", "CLdns", "CLinux", "CZlib", "Logging"]),
  .library("CommandEntry", "Sources/CommandEntry", ["Wire", "ArgumentParser"]),
  .library("DynamoDB", "Sources/DynamoDB", ["Platform", "Tables", "Wire"]),
  .library("Linode", "Sources/Linode", ["Platform", "Wire"]),
  .library("Probing", "Sources/Probing", ["Codec", "Platform", "Wire"]),
  .library(
    "Sandbox", "Sources/Sandbox/Model",
    ["Platform", "Seeded", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1"]),
  .program(
    "signalbox-sandbox", "Sources/Sandbox/Daemon",
    ["Sandbox", "Platform", "ArgumentParser", "Logging", "UnixSignals"]),

  // The agent.
  .library("AgentCore", "Agent/Core", ["Wire"]),
  .library(
    "AgentChecks", "Agent/Checks",
    [
      "AgentCore", "Codec", "DynamoDB", "Platform", "Probing", "Wire", "NIOCore", "NIOPosix",
    ]),
  .program(
    "signalbox-agent", "Agent/Daemon",
    [
      "AgentChecks", "AgentCore", "Codec", "CommandEntry", "DynamoDB", "Platform", "Settings",
      "Wire", "ArgumentParser", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "UnixSignals",
    ]),

  // The coordinator.
  .library("Decision", "Coordinator/Decision", ["Wire"]),
  .library("CoordinatorCore", "Coordinator/Core", ["Decision", "Wire"]),
  .library("Store", "Coordinator/Store", ["Wire", "GRDB"]),
  .library(
    "Recording", "Coordinator/Recording", ["Codec", "Decision", "Platform", "Settings", "Wire"]),
  .library("DNS", "Coordinator/DNS", ["CoordinatorCore", "Linode", "Platform", "Wire"]),
  .library(
    "Simulator", "Coordinator/Simulator",
    [
      "AgentCore", "Codec", "CoordinatorCore", "Decision", "Platform", "Recording", "Seeded",
      "Settings", "Store", "Wire",
    ]),
  .library("Screens", "Coordinator/Screens", ["Wire"]),
  .library(
    "CoordinatorService", "Coordinator/Service",
    [
      "Codec", "CoordinatorCore", "DNS", "Decision", "Linode", "Platform", "Probing", "Recording",
      "Screens", "Settings", "Store", "Wire", "Hummingbird", "HummingbirdCore", "HTTPTypes",
      "NIOCore", "Logging", "ServiceLifecycle", "UnixSignals",
    ]),
  .library(
    "CoordinatorDaemon", "Coordinator/Daemon",
    [
      "CommandEntry", "CoordinatorService", "Platform", "Settings", "Wire", "ArgumentParser",
      "Logging",
    ]),
  .program("signalbox-coordinator", "Coordinator/Program", ["CoordinatorDaemon"]),
  .library("Rehearsal", "Sources/Rehearsal", ["Codec", "Platform", "Wire"]),
  .program(
    "signalbox", "Coordinator/Control",
    [
      "Codec", "CommandEntry", "CoordinatorCore", "CoordinatorDaemon", "DNS", "Decision",
      "DynamoDB", "Platform", "Recording", "Rehearsal", "Screens", "Settings", "Simulator",
      "Tables", "Wire", "ArgumentParser", "UnixSignals",
    ]),

  // Tests, a folder per module.
  .tests("Wire", ["Seeded", "Wire"]),
  .tests("Codec", ["Codec", "Seeded", "Wire"]),
  .tests("Settings", ["CToml", "Seeded", "Settings", "Wire"]),
  .tests("Platform", ["Platform", "Wire", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1"]),
  .tests("Tables", ["Seeded", "Tables"]),
  .tests("DynamoDB", ["DynamoDB", "Sandbox", "Platform", "Tables", "Wire"]),
  .tests("Linode", ["Linode", "Sandbox", "Platform", "Seeded", "Wire"]),
  .tests("Sandbox", ["Sandbox", "Platform"]),
  .tests("AgentCore", ["AgentCore", "Seeded", "Wire"]),
  .tests(
    "AgentChecks",
    [
      "AgentChecks", "AgentCore", "Codec", "DynamoDB", "Platform", "Probing", "Sandbox", "Wire",
      "NIOCore", "NIOHTTP1", "NIOPosix", "signalbox-agent",
    ]),
  .tests("Decision", ["AgentCore", "Decision", "Seeded", "Wire"]),
  .tests("CoordinatorCore", ["AgentCore", "CoordinatorCore", "Decision", "Seeded", "Wire"]),
  .tests("Store", ["Seeded", "Store", "Wire", "GRDB"]),
  .tests(
    "Recording", ["Recording", "Codec", "Decision", "Platform", "Seeded", "Settings", "Wire"]),
  .tests(
    "DNS",
    ["CoordinatorCore", "DNS", "Linode", "Sandbox", "Seeded", "Settings", "Platform", "Wire"]),
  .tests("Screens", ["Screens", "Seeded", "Wire"], excluded: ["Golden"]),
  .tests("Rehearsal", ["Rehearsal", "Platform"]),
  .tests("Probing", ["Probing", "Platform", "Wire"]),
  .tests(
    "Simulator", ["Simulator", "Decision", "Platform", "Seeded", "Settings", "Wire"],
    excluded: ["Found"]),
  .tests(
    "CoordinatorService",
    [
      "CoordinatorService", "Codec", "CoordinatorCore", "DNS", "Decision", "Platform", "Probing",
      "Recording", "Screens", "Settings", "Store", "Wire", "HummingbirdCore", "Logging", "NIOCore",
      "ServiceLifecycle",
    ]),
  .tests(
    "Integration",
    [
      "Rehearsal", "Sandbox", "Screens", "Codec", "Platform", "Seeded", "Wire", "GRDB",
      "signalbox", "signalbox-agent", "signalbox-coordinator", "signalbox-sandbox",
    ],
    path: "Tests/Integration"),
  .tests("Tidy", [], path: "Tests/TidyTests"),
]

/// Neither I/O nor server packages: what sanitizers, mutants, fuzzers and the simulator build.
let pure = [
  "Wire", "Seeded", "Tables", "Codec", "Settings", "AgentCore", "Decision", "CoordinatorCore",
  "Screens",
]

/// The modules that the environment asks for: all, or some with what they need and their tests.
func selected() -> [Module] {
  let wanted: [String]
  if Context.environment["SIGNALBOX_PURE"] == "1" {
    wanted = pure
  } else if let only = Context.environment["SIGNALBOX_ONLY"] {
    wanted = only.split(separator: ",").map(String.init)
  } else {
    return modules
  }
  var names = Set(wanted + wanted.map { "\($0)Tests" })
  for module in modules.reversed() where names.contains(module.name) {
    names.formUnion(module.needs)
  }
  return modules.filter { names.contains($0.name) }
}

func target(_ module: Module) -> Target {
  let dependencies: [Target.Dependency] = module.needs.map { need in
    if let external = externals[need] {
      .product(name: need, package: external.package)
    } else {
      .target(name: need)
    }
  }
  switch module.kind {
  case .system(let pkgConfig, let apt):
    return .systemLibrary(
      name: module.name, path: module.path, pkgConfig: pkgConfig,
      providers: apt.isEmpty ? nil : [.apt(apt)])
  case .cxx:
    return .target(
      name: module.name, path: module.path, cxxSettings: [.treatAllWarnings(as: .error)])
  case .library:
    return .target(
      name: module.name, dependencies: dependencies, path: module.path,
      swiftSettings: strict + optimised)
  case .program:
    return .executableTarget(
      name: module.name, dependencies: dependencies, path: module.path,
      swiftSettings: strict + optimised, linkerSettings: lean)
  case .tests:
    return .testTarget(
      name: module.name, dependencies: dependencies, path: module.path, exclude: module.excluded,
      swiftSettings: strict)
  }
}

let chosen = selected()
let used = Dictionary(
  chosen.flatMap(\.needs).compactMap { externals[$0] }.map { ($0.package, $0) },
  uniquingKeysWith: { first, _ in first })

/// What the package in `Tests/Benchmarks` measures.
let measured =
  Context.environment["SIGNALBOX_BENCH"] == "1"
  ? [
    "AgentCore", "Codec", "CoordinatorCore", "DNS", "Decision", "Linode", "Platform", "Sandbox",
    "Simulator", "Wire",
  ] : []

let package = Package(
  name: "signalbox",
  products: measured.map { .library(name: $0, targets: [$0]) },
  dependencies: used.values.sorted { $0.package < $1.package }.map { external in
    let url = "https://github.com/\(external.url)"
    return external.withoutTraits
      ? .package(url: url, exact: external.version, traits: [])
      : .package(url: url, exact: external.version)
  },
  targets: chosen.map(target),
  cxxLanguageStandard: .cxx17
)
