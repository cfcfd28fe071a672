import CCurl
import Glibc
import Synchronization
import Wire

/// A request that has been checked, with what follows from it.
struct TransferPlan: Sendable {
  private static let lastID = Atomic<UInt64>(0)

  let id: UInt64
  let request: HTTPRequest
  let target: HTTPTarget
  /// The lines for CURLOPT_HTTPHEADER.
  let headerLines: [String]
  /// What is sent as the body; nil: no body at all.
  let body: [UInt8]?
  /// Whether repeating the request can do no harm.
  let isSafe: Bool
  let userAgent: String
  /// The proxy to go through; nil: none.
  let proxy: EnvironmentProxy?

  init(_ request: HTTPRequest, userAgent: String) throws(HTTPError) {
    self.request = request
    self.userAgent = userAgent
    var target = try HTTPTarget(request.url, method: request.method)
    let proxy =
      request.proxy == .never || Self.isLocal(request, target)
      ? nil : EnvironmentProxy(scheme: target.scheme, host: target.host)
    target.proxy = proxy
    self.proxy = proxy
    self.target = target
    let asked = target
    func refuse(_ reason: String) -> HTTPError { asked.error(.invalidRequest, .permanent, reason) }

    guard !request.method.isEmpty, request.method.utf8.allSatisfy(isTokenByte) else {
      throw refuse("the method is no HTTP token")
    }
    isSafe = ["GET", "HEAD", "OPTIONS"].contains(request.method)
    body = request.body ?? (["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil)
    if let address = request.connectAddress, IPAddress(address) == nil {
      throw refuse("connectAddress '\(address)' is no IPv4 or IPv6 address")
    }
    if let address = request.sourceAddress, IPAddress(address) == nil {
      throw refuse("sourceAddress '\(address)' is no IPv4 or IPv6 address")
    }
    if let path = request.unixSocket, path.isEmpty || path.utf8.count > 107 {
      throw refuse("the Unix socket's path must have 1 to 107 bytes")
    }
    if let sigV4 = request.sigV4 { try Self.check(sigV4, request, refuse) }

    var lines: [String] = []
    for field in request.headers {
      lines.append(try Self.line(field, signed: request.sigV4 != nil, refuse))
    }
    if let token = request.sigV4?.sessionToken {
      lines.append(try Self.line(HTTPField("X-Amz-Security-Token", token), signed: true, refuse))
    }
    // libcurl calls every body a form. Removing a default header would spoil a SigV4 signature.
    let hasType = request.headers.contains { $0.name.lowercased() == "content-type" }
    if body != nil, request.sigV4 == nil, !hasType { lines.append("Content-Type:") }
    headerLines = lines
    id = Self.lastID.add(1, ordering: .relaxed).newValue
  }

  /// Whether no proxy may be used: nothing of ours that runs on this host, or beside it on its
  /// link, is fetched through one.
  private static func isLocal(_ request: HTTPRequest, _ target: HTTPTarget) -> Bool {
    if request.unixSocket != nil { return true }
    if let address = request.sourceAddress.flatMap(IPAddress.init), address.isLoopback {
      return true
    }
    if let address = request.connectAddress { return IPAddress(address)?.isNear ?? false }
    return target.isNear
  }

  /// The value of CURLOPT_CONNECT_TO, which keeps the URL's port.
  var connectTo: String? {
    guard let text = request.connectAddress, let address = IPAddress(text) else { return nil }
    let bracketed = address.isVersion6 ? "[\(text)]" : text
    // A redirect to another host is resolved as usual.
    return (request.maxRedirects > 0 ? target.urlHost : "") + "::\(bracketed):"
  }

  private static func check(
    _ sigV4: SigV4, _ request: HTTPRequest, _ refuse: (String) -> HTTPError
  ) throws(HTTPError) {
    func isName(_ text: String) -> Bool {
      !text.isEmpty && text.utf8.allSatisfy { isTokenByte($0) }
    }
    guard isName(sigV4.region), isName(sigV4.service) else {
      throw refuse("the AWS region '\(sigV4.region)' or service '\(sigV4.service)' is no name")
    }
    guard !sigV4.accessKeyID.isEmpty, !sigV4.secretAccessKey.isEmpty else {
      throw refuse("the AWS access key or its secret is empty")
    }
    for text in [sigV4.accessKeyID, sigV4.secretAccessKey] where text.utf8.contains(0) {
      throw refuse("the AWS access key or its secret contains a NUL byte")
    }
    // A redirect would be signed again, for another host.
    guard request.maxRedirects == 0 else { throw refuse("a signed request follows no redirects") }
  }

  private static func line(
    _ field: HTTPField, signed: Bool, _ refuse: (String) -> HTTPError
  ) throws(HTTPError) -> String {
    guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte) else {
      throw refuse("the header name '\(printable(field.name))' is no HTTP token")
    }
    guard !field.value.utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
      throw refuse("the value of the header \(field.name) contains a line break or NUL byte")
    }
    let reserved = ["content-length", "transfer-encoding", "expect"]
    guard !reserved.contains(field.name.lowercased()) else {
      throw refuse("the header \(field.name) is made by the client itself")
    }
    let isBlank = field.value.allSatisfy { $0 == " " || $0 == "\t" }
    if signed {
      // libcurl 7.88 signs these wrongly.
      if isBlank { throw refuse("the header \(field.name) of a signed request is empty") }
      if ["x-amz-date", "date", "authorization"].contains(field.name.lowercased()) {
        throw refuse("the header \(field.name) is made by the signature")
      }
    }
    return isBlank ? "\(field.name);" : "\(field.name): \(field.value)"
  }
}

/// Where a request goes: enough to name it in messages without showing secrets of its path.
struct HTTPTarget: Sendable {
  let method: String
  let scheme: String
  /// As in the URL, IPv6 in brackets.
  let urlHost: String
  let port: Int
  /// What stands in between.
  var proxy: EnvironmentProxy?

  /// Parses with libcurl's own parser, so that it and we agree about host and port.
  init(_ url: String, method: String) throws(HTTPError) {
    func refuse(_ reason: String) -> HTTPError {
      HTTPError(
        kind: .invalidRequest, failure: .permanent, description: "invalid URL: \(reason)")
    }
    guard !url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
      throw refuse("it contains a space or control character")
    }
    let handle = curl_url()
    defer { curl_url_cleanup(handle) }
    guard let handle, curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else {
      throw refuse("it is no absolute http or https URL")
    }
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else {
        return nil
      }
      defer { curl_free(text) }
      return String(cString: text)
    }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
      throw refuse("only http and https are spoken")
    }
    guard let host = part(CURLUPART_HOST), !host.isEmpty else { throw refuse("it names no host") }
    guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
      throw refuse("it contains a user name or password")
    }
    guard let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(Int.init), port > 0 else {
      throw refuse("its port is out of range")
    }
    self.method = method
    self.scheme = scheme
    urlHost = host
    self.port = port
  }

  /// The host without brackets.
  var host: String {
    urlHost.hasPrefix("[") ? String(urlHost.dropFirst().dropLast()) : urlHost
  }

  /// Whether the host is this machine by its very name or address, or an address of its link.
  var isNear: Bool {
    if let address = IPAddress(host) { return address.isNear }
    let name = host.lowercased()
    let bare = name.hasSuffix(".") ? String(name.dropLast()) : name
    return bare == "localhost" || bare.hasSuffix(".localhost")
  }

  func error(_ kind: HTTPError.Kind, _ failure: Failure, _ reason: String) -> HTTPError {
    let road = proxy.map { " through \($0)" } ?? ""
    return HTTPError(
      kind: kind, failure: failure,
      description: "\(printable(method)) \(scheme)://\(urlHost):\(port)\(road): \(reason)")
  }
}

/// A byte of an HTTP token (RFC 9110, section 5.6.2).
func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default:
    "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
