import CCurl
import Wire

/// Sets options of a libcurl handle; a refused option is an error in place of a silent default.
struct EasySetter {
  typealias Receiver =
    @convention(c) (
      UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
    ) -> Int
  typealias BeforeRequest =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32,
      Int32
    ) -> Int32

  let easy: UnsafeMutableRawPointer
  let target: HTTPTarget

  func long(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(option, signalbox_easy_set_long(easy, option, value))
  }

  func size(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(option, signalbox_easy_set_size(easy, option, curl_off_t(value)))
  }

  func text(_ option: CURLoption, _ value: String?) throws(HTTPError) {
    try check(option, signalbox_easy_set_text(easy, option, value))
  }

  /// For CURLOPT_COPYPOSTFIELDS.
  func bytes(_ option: CURLoption, _ value: [UInt8]) throws(HTTPError) {
    // libcurl wants a pointer even for no bytes.
    var copy = value.isEmpty ? [0] : value
    try check(option, signalbox_easy_set_pointer(easy, option, &copy))
  }

  func pointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(HTTPError) {
    try check(option, signalbox_easy_set_pointer(easy, option, value))
  }

  func list(
    _ option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>
  ) throws(HTTPError) {
    try check(option, signalbox_easy_set_list(easy, option, value))
  }

  func receiver(
    _ function: CURLoption, _ data: CURLoption, _ context: UnsafeMutableRawPointer,
    _ receive: @escaping Receiver
  ) throws(HTTPError) {
    try check(function, signalbox_easy_set_receiver(easy, function, receive))
    try pointer(data, context)
  }

  func beforeRequest(
    _ context: UnsafeMutableRawPointer, _ before: @escaping BeforeRequest
  ) throws(HTTPError) {
    try check(CURLOPT_PREREQFUNCTION, signalbox_easy_set_before_request(easy, before))
    try pointer(CURLOPT_PREREQDATA, context)
  }

  private func check(_ option: CURLoption, _ code: CURLcode) throws(HTTPError) {
    guard code != CURLE_OK else { return }
    let reason = String(cString: curl_easy_strerror(code))
    throw target.error(
      .invalidRequest, .permanent, "libcurl refuses option \(option.rawValue): \(reason)")
  }
}
