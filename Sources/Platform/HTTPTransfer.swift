import CCurl
import Wire

/// One transfer: its libcurl handle and what has been received so far.
///
/// `@unchecked Sendable`: after its creation only the I/O thread touches it, except for `plan` and
/// `outcome`, which are constant.
final class HTTPTransfer: @unchecked Sendable {
  let plan: TransferPlan
  let outcome = Promise<Result<HTTPResponse, HTTPError>>()

  private(set) var easy: UnsafeMutableRawPointer?
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private let errorText: UnsafeMutablePointer<CChar>

  private var headers: [HTTPField] = []
  private var headerBytes = 0
  private var body: [UInt8] = []
  /// A status line has come since the request was last sent.
  private var answered = false
  /// The blank line after the last head has come.
  private var headIsComplete = false
  /// Why we ended the transfer ourselves.
  private var ownReason: HTTPError?

  init(_ plan: TransferPlan) {
    self.plan = plan
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    release()
    errorText.deallocate()
  }

  /// Frees the handle, which must be out of the multi handle.
  func release() {
    if let easy { curl_easy_cleanup(easy) }
    easy = nil
    for list in lists { curl_slist_free_all(list) }
    lists = []
  }

  func cancelled(_ how: String) -> HTTPError {
    let sent = requestBytesSent > 0
    return plan.target.error(
      .cancelled, sent ? .outcomeUnknown : .transient,
      "the request \(how)\(sent ? " after it had been sent" : "")")
  }

  // MARK: Setting up

  /// Makes the handle.
  func prepare() throws(HTTPError) -> UnsafeMutableRawPointer {
    guard let easy = curl_easy_init() else {
      throw plan.target.error(.other, .transient, "libcurl is out of memory")
    }
    self.easy = easy
    let setter = EasySetter(easy: easy, target: plan.target)
    try setBasics(setter)
    try setRequest(setter)
    try setRoute(setter)
    try setReceivers(setter)
    return easy
  }

  private func setBasics(_ set: EasySetter) throws(HTTPError) {
    let request = plan.request
    try set.text(CURLOPT_URL, request.url)
    try set.long(CURLOPT_NOSIGNAL, 1)
    // A pending name look-up must not hold up the other transfers when this one ends.
    try set.long(CURLOPT_QUICK_EXIT, 1)
    try set.text(CURLOPT_PROTOCOLS_STR, "http,https")
    try set.text(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    try set.long(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set.long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    try set.long(CURLOPT_TCP_KEEPALIVE, 1)
    try set.long(CURLOPT_CONNECTTIMEOUT_MS, request.connectDeadline.timerMilliseconds)
    try set.long(CURLOPT_TIMEOUT_MS, request.deadline.timerMilliseconds)
    try set.size(CURLOPT_MAXFILESIZE_LARGE, max(request.maxBodyBytes, 1))
    try set.long(CURLOPT_FOLLOWLOCATION, request.maxRedirects > 0 ? 1 : 0)
    try set.long(CURLOPT_MAXREDIRS, max(request.maxRedirects, 0))
    if request.freshConnection {
      try set.long(CURLOPT_FRESH_CONNECT, 1)
      try set.long(CURLOPT_FORBID_REUSE, 1)
    }
    try set.pointer(CURLOPT_ERRORBUFFER, errorText)
    try set.long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if request.readsCertificate { try set.long(CURLOPT_CERTINFO, 1) }
    if request.decodesBody { try set.text(CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br") }
    if let file = request.authoritiesFile {
      try set.text(CURLOPT_CAINFO, file)
      // Otherwise the system's directory would still be trusted too.
      try set.text(CURLOPT_CAPATH, nil)
    }
  }

  private func setRequest(_ set: EasySetter) throws(HTTPError) {
    if let body = plan.body {
      try set.long(CURLOPT_POST, 1)
      try set.size(CURLOPT_POSTFIELDSIZE_LARGE, body.count)
      // Copied, NUL bytes included, because the size is set first.
      try set.bytes(CURLOPT_COPYPOSTFIELDS, body)
    }
    switch (plan.request.method, plan.body != nil) {
    case ("HEAD", false): try set.long(CURLOPT_NOBODY, 1)
    case ("GET", false): try set.long(CURLOPT_HTTPGET, 1)
    case ("POST", true): break
    default: try set.text(CURLOPT_CUSTOMREQUEST, plan.request.method)
    }
    let hasAgent = plan.request.headers.contains { $0.name.lowercased() == "user-agent" }
    if !hasAgent { try set.text(CURLOPT_USERAGENT, plan.userAgent) }
    try setList(set, CURLOPT_HTTPHEADER, plan.headerLines)
    if let sigV4 = plan.request.sigV4 {
      try set.text(CURLOPT_AWS_SIGV4, "aws:amz:\(sigV4.region):\(sigV4.service)")
      try set.text(CURLOPT_USERNAME, sigV4.accessKeyID)
      try set.text(CURLOPT_PASSWORD, sigV4.secretAccessKey)
    }
  }

  private func setRoute(_ set: EasySetter) throws(HTTPError) {
    if let source = plan.request.sourceAddress { try set.text(CURLOPT_INTERFACE, "host!\(source)") }
    if let path = plan.request.unixSocket { try set.text(CURLOPT_UNIX_SOCKET_PATH, path) }
    if let connectTo = plan.connectTo { try setList(set, CURLOPT_CONNECT_TO, [connectTo]) }
    // Said in any case: left to itself, libcurl reads the environment.
    try set.text(CURLOPT_PROXY, plan.proxy?.url ?? "")
    // A redirect may lead elsewhere, to this host too.
    if let proxy = plan.proxy { try set.text(CURLOPT_NOPROXY, proxy.exempt) }
  }

  private func setReceivers(_ set: EasySetter) throws(HTTPError) {
    // The handle is freed before `self`: in `release`.
    let me = Unmanaged.passUnretained(self).toOpaque()
    try set.receiver(CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, me) {
      bytes, size, count, context in
      transfer(context)?.receiveHeader(bytes, size * count) ?? 0
    }
    try set.receiver(CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, me) { bytes, size, count, context in
      transfer(context)?.receiveBody(bytes, size * count) ?? 0
    }
    try set.beforeRequest(me) { context, _, _, _, _ in
      transfer(context)?.mayRequest() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
  }

  private func setList(_ set: EasySetter, _ option: CURLoption, _ lines: [String]) throws(HTTPError)
  {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        if let list { curl_slist_free_all(list) }
        throw plan.target.error(.other, .transient, "libcurl is out of memory")
      }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    try set.list(option, list)
  }

  // MARK: Receiving

  private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    headerBytes += count
    guard headerBytes <= plan.request.maxHeaderBytes else {
      ownReason = plan.target.error(
        .tooLarge, .outcomeUnknown,
        "the reply's header exceeds \(plan.request.maxHeaderBytes) bytes")
      return 0
    }
    guard let bytes else { return count }
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    accept(String(decoding: line, as: UTF8.self))
    return count
  }

  private func accept(_ line: String) {
    if line.hasPrefix("HTTP/") {
      // Replaces the head of a redirect or of "100 Continue".
      answered = true
      headIsComplete = false
      headers = []
      body = []
      return
    }
    let isFolded = line.first == " " || line.first == "\t"
    let content = line.trimmed
    if content.isEmpty {
      headIsComplete = true
      return
    }
    if isFolded, let last = headers.indices.last {
      headers[last].value += " \(content)"
      return
    }
    guard let colon = content.firstIndex(of: ":") else { return }
    headers.append(
      HTTPField(
        String(content[..<colon]).trimmed, String(content[content.index(after: colon)...]).trimmed))
  }

  private func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard body.count + count <= plan.request.maxBodyBytes else {
      ownReason = plan.bodyTooLarge
      // Anything but `count` ends the transfer.
      return count == 0 ? 1 : 0
    }
    if let bytes { body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count)) }
    return count
  }

  /// Whether libcurl may send the request now. It sends it a second time when a reused connection
  /// ends without an answer; what changes something there must not be repeated blindly.
  private func mayRequest() -> Bool {
    if !plan.isSafe, !answered, requestBytesSent > 0 {
      ownReason = plan.target.error(
        .reset, .outcomeUnknown,
        "the connection was closed without an answer after the request had been sent")
      return false
    }
    answered = false
    return true
  }

  // MARK: Ending

  private var requestBytesSent: Int { easy.map { info(CURLINFO_REQUEST_SIZE, of: $0) } ?? 0 }

  private func isResolved(_ easy: UnsafeMutableRawPointer) -> Bool {
    var microseconds: curl_off_t = 0
    _ = signalbox_easy_get_size(easy, CURLINFO_NAMELOOKUP_TIME_T, &microseconds)
    return microseconds > 0 || IPAddress(plan.target.host) != nil
      || plan.request.connectAddress != nil || plan.request.unixSocket != nil
  }

  /// What came of the transfer.
  func conclude(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
    guard let easy else { return .failure(cancelled("has no handle")) }
    return result(code, easy).mapError { error in
      var error = error
      let status = info(CURLINFO_RESPONSE_CODE, of: easy)
      if answered, status > 0 { error.status = status }
      return error
    }
  }

  private func result(
    _ code: CURLcode, _ easy: UnsafeMutableRawPointer
  ) -> Result<HTTPResponse, HTTPError> {
    if let ownReason { return .failure(ownReason) }
    guard code == CURLE_OK else {
      let facts = TransferFailure(
        code: code, text: String(cString: errorText),
        systemError: info(CURLINFO_OS_ERRNO, of: easy),
        requestBytes: requestBytesSent, answered: answered, resolved: isResolved(easy),
        bodyBytes: body.count)
      return .failure(facts.error(for: plan))
    }
    // libcurl accepts a head without its end.
    guard headIsComplete else {
      return .failure(
        plan.target.error(.reset, .outcomeUnknown, "the reply was cut short in its header"))
    }
    var microseconds: curl_off_t = 0
    _ = signalbox_easy_get_size(easy, CURLINFO_TOTAL_TIME_T, &microseconds)
    var address: UnsafePointer<CChar>?
    _ = signalbox_easy_get_text(easy, CURLINFO_PRIMARY_IP, &address)
    let remote = address.map { String(cString: $0) }
    return .success(
      HTTPResponse(
        status: info(CURLINFO_RESPONSE_CODE, of: easy), headers: headers, body: body,
        total: .microseconds(microseconds), remoteAddress: remote == "" ? nil : remote,
        certificateEnds: plan.request.readsCertificate ? certificateEnds(easy) : nil))
  }
}

/// Until when the server's own certificate is valid, Unix seconds; nil: there is none, or libcurl
/// says it in words of its own (CURLINFO_CERTINFO(3): `Expire date:Nov 24 05:00:00 2026 GMT`).
private func certificateEnds(_ easy: UnsafeMutableRawPointer) -> Int64? {
  var chain: UnsafePointer<curl_certinfo>?
  guard signalbox_easy_get_certificates(easy, &chain) == CURLE_OK, let chain,
    chain.pointee.num_of_certs > 0, var line = chain.pointee.certinfo[0]
  else { return nil }
  let label = "Expire date:"
  while true {
    if let bytes = line.pointee.data {
      let text = String(cString: bytes)
      if text.hasPrefix(label) {
        let seconds = curl_getdate(String(text.dropFirst(label.count)), nil)
        return seconds < 0 ? nil : Int64(seconds)
      }
    }
    guard let next = line.pointee.next else { return nil }
    line = next
  }
}

/// The transfer behind a callback's context.
private func transfer(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
  context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func info(_ kind: CURLINFO, of easy: UnsafeMutableRawPointer) -> Int {
  var value = 0
  _ = signalbox_easy_get_long(easy, kind, &value)
  return value
}

extension String {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(self[first...last])
  }
}
