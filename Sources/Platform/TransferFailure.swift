import CCurl
import Wire

/// What libcurl says about a transfer that failed.
struct TransferFailure {
  let code: CURLcode
  /// libcurl's own words; may be empty.
  let text: String
  /// The errno of the last system call, 0 where none.
  let systemError: Int
  /// Bytes of the request that went out.
  let requestBytes: Int
  let answered: Bool
  /// The host's name has an address.
  let resolved: Bool
  let bodyBytes: Int

  private var sent: Bool { requestBytes > 0 }

  /// The error for the caller (meaning of the codes: libcurl-errors(3), 7.88.1).
  func error(for plan: TransferPlan) -> HTTPError {
    let target = plan.target
    // Before the first request byte nothing can have happened there.
    let failure: Failure = sent ? .outcomeUnknown : .transient
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      return target.error(.resolve, .transient, "the name has no address now: \(reason)")
    case CURLE_COULDNT_CONNECT:
      return target.error(.connect, .transient, "cannot connect\(route(plan)): \(reason)")
    case CURLE_INTERFACE_FAILED:
      let source = plan.request.sourceAddress ?? "?"
      return target.error(
        .connect, .permanent, "cannot connect from the source address \(source): \(reason)")
    case CURLE_OPERATION_TIMEDOUT:
      return target.error(.timeout, failure, timeout(plan))
    case CURLE_SSL_CONNECT_ERROR:
      return target.error(.tls, failure, "TLS failed: \(reason)")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED:
      return target.error(.tls, sent ? .outcomeUnknown : .permanent, "TLS refused: \(reason)")
    case CURLE_GOT_NOTHING:
      return target.error(.reset, failure, "the connection was closed without an answer")
    case CURLE_PARTIAL_FILE:
      return target.error(
        .reset, failure, "the reply was cut short after \(bodyBytes) body bytes: \(reason)")
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return target.error(.reset, failure, "the connection was lost\(sentText): \(reason)")
    case CURLE_FILESIZE_EXCEEDED:
      return plan.bodyTooLarge
    case CURLE_TOO_MANY_REDIRECTS:
      return target.error(
        .other, .permanent, "more than \(plan.request.maxRedirects) redirects")
    case CURLE_UNSUPPORTED_PROTOCOL where sent, CURLE_WEIRD_SERVER_REPLY:
      return target.error(.notHTTP, failure, "the answer is no HTTP/1.1 reply: \(reason)")
    case CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR:
      // The latter is what libcurl says of brotli that is none: where a receiver of ours stops a
      // transfer it has given its own reason.
      return target.error(
        .undecodable, failure, "the reply's content coding cannot be undone: \(reason)")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED:
      return target.error(
        sent ? .other : .invalidRequest, sent ? .outcomeUnknown : .permanent, reason)
    default:
      return target.error(.other, failure, "\(reason) (libcurl error \(code.rawValue))")
    }
  }

  private var sentText: String { sent ? " after the request had been sent" : "" }

  /// The system's words where there are some, else libcurl's.
  private var reason: String {
    let own = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    switch code {
    case CURLE_COULDNT_CONNECT where systemError > 0, CURLE_SEND_ERROR where systemError > 0:
      return systemMessage(Int32(systemError))
    default:
      return printable(own)
    }
  }

  private func route(_ plan: TransferPlan) -> String {
    if let path = plan.request.unixSocket { return " to the socket \(path)" }
    let from = plan.request.sourceAddress.map { " from \($0)" } ?? ""
    let to = plan.request.connectAddress.map { " to \($0)" } ?? ""
    return from + to
  }

  private func timeout(_ plan: TransferPlan) -> String {
    let request = plan.request
    if !sent {
      let limit = min(request.connectDeadline, request.deadline)
      if !resolved { return "the name was not resolved within \(limit.brief)" }
      return "no connection\(route(plan)) within \(limit.brief)"
    }
    let progress = answered ? "only \(bodyBytes) body bytes came" : "no answer came"
    return "\(progress) within \(request.deadline.brief)\(sentText)"
  }
}

extension TransferPlan {
  var bodyTooLarge: HTTPError {
    target.error(
      .tooLarge, .outcomeUnknown, "the reply's body exceeds \(request.maxBodyBytes) bytes")
  }
}
