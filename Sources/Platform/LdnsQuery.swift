import CLdns
import CLinux
import Glibc

/// One question through ldns, on the calling thread.
struct LdnsQuery {
  typealias Packet = UnsafeMutablePointer<ldns_struct_pkt>

  let job: DNSJob
  /// Until the caller stops waiting.
  let left: Duration

  func run() -> Result<DNSAnswer, DNSError> {
    Result { () throws(DNSError) in try ask() }
  }

  private func ask() throws(DNSError) -> DNSAnswer {
    guard let resolver = ldns_resolver_new() else { throw outOfMemory }
    defer { ldns_resolver_deep_free(resolver) }
    try configure(resolver)

    guard !job.question.name.utf8.contains(0),
      let name = ldns_dname_new_frm_str(job.question.name)
    else { throw job.error(.malformed, "that is no domain name") }
    defer { ldns_rdf_deep_free(name) }
    var query: Packet?
    let prepared = ldns_resolver_prepare_query_pkt(
      &query, resolver, name, ldns_rr_type(UInt32(job.question.type.number)), LDNS_RR_CLASS_IN,
      job.recursive ? signalbox_dns_flag_recursion_desired() : 0)
    defer { ldns_pkt_free(query) }
    guard prepared == LDNS_STATUS_OK, let query else {
      throw job.error(.malformed, "ldns makes no question of it: \(words(prepared))")
    }
    var reply: Packet?
    let sent = ldns_resolver_send_pkt(&reply, resolver, query)
    defer { ldns_pkt_free(reply) }
    guard sent == LDNS_STATUS_OK, let reply else { throw failure(sent) }
    try check(reply, answers: query)
    return DNSAnswer(
      responseCode: DNSResponseCode(number: Int(ldns_pkt_get_rcode(reply).rawValue)),
      authoritative: ldns_pkt_aa(reply) != 0, records: records(of: reply),
      elapsed: job.start.duration(to: Clocks.monotonic()))
  }

  private func configure(
    _ resolver: UnsafeMutablePointer<ldns_struct_resolver>
  ) throws(DNSError) {
    let kind =
      job.server.address.contains(":") ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A
    guard let address = ldns_rdf_new_frm_str(kind, job.server.address) else {
      throw job.error(.malformed, "ldns does not take the server's address")
    }
    // The resolver keeps a copy.
    defer { ldns_rdf_deep_free(address) }
    guard ldns_resolver_push_nameserver(resolver, address) == LDNS_STATUS_OK else {
      throw outOfMemory
    }
    ldns_resolver_set_port(resolver, job.server.port)
    ldns_resolver_set_usevc(resolver, job.transport == .tcp ? 1 : 0)
    ldns_resolver_set_recursive(resolver, job.recursive ? 1 : 0)
    ldns_resolver_set_retry(resolver, 1)
    // An answer cut for UDP is asked for again, over TCP in the end.
    ldns_resolver_set_fallback(resolver, 1)
    ldns_resolver_set_dnsrch(resolver, 0)
    ldns_resolver_set_defnames(resolver, 0)
    let milliseconds = left.timerMilliseconds
    let limit = timeval(
      tv_sec: milliseconds / 1000, tv_usec: suseconds_t(milliseconds % 1000 * 1000))
    ldns_resolver_set_timeout(resolver, limit)
  }

  /// An answer to another question is none: it may be forged.
  private func check(_ reply: Packet, answers query: Packet) throws(DNSError) {
    guard ldns_pkt_id(reply) == ldns_pkt_id(query), ldns_pkt_qr(reply) != 0 else {
      throw job.error(.malformed, "the answer belongs to another question")
    }
    // A server that refuses or cannot parse may leave the question out.
    guard let asked = ldns_rr_list_rr(ldns_pkt_question(query), 0),
      let echoed = ldns_rr_list_rr(ldns_pkt_question(reply), 0)
    else { return }
    guard ldns_dname_compare(ldns_rr_owner(asked), ldns_rr_owner(echoed)) == 0,
      ldns_rr_get_type(asked) == ldns_rr_get_type(echoed)
    else { throw job.error(.malformed, "the answer belongs to another question") }
    if ldns_pkt_tc(reply) != 0 { throw job.error(.malformed, "the answer is cut, over TCP too") }
  }

  private func records(of reply: Packet) -> [DNSRecord] {
    guard let list = ldns_pkt_answer(reply) else { return [] }
    return (0..<ldns_rr_list_rr_count(list)).compactMap { index in
      guard let record = ldns_rr_list_rr(list, index) else { return nil }
      let type = DNSRecordType(
        number: UInt16(truncatingIfNeeded: ldns_rr_get_type(record).rawValue))
      let fields = (0..<ldns_rr_rd_count(record)).compactMap { ldns_rr_rdf(record, $0) }
      return DNSRecord(
        name: withoutDot(words(ldns_rr_owner(record)).lowercased()), type: type,
        ttlSeconds: Int(ldns_rr_ttl(record)), value: value(of: fields, type))
    }
  }

  private func value(of fields: [UnsafeMutablePointer<ldns_struct_rdf>], _ type: DNSRecordType)
    -> String
  {
    switch type {
    case .txt:
      // Each string starts with its length (RFC 1035, section 3.3).
      let bytes = fields.flatMap { field in
        Array(UnsafeBufferPointer(start: signalbox_rdf_bytes(field), count: ldns_rdf_size(field)))
          .dropFirst()
      }
      return String(decoding: bytes, as: UTF8.self)
    case .ns, .cname:
      return withoutDot(fields.map { words($0) }.joined(separator: " "))
    default:
      return fields.map { words($0) }.joined(separator: " ")
    }
  }

  /// ldns's words for a field.
  private func words(_ field: UnsafeMutablePointer<ldns_struct_rdf>?) -> String {
    guard let text = ldns_rdf2str(field) else { return "" }
    defer { signalbox_dns_free(text) }
    return String(cString: text)
  }

  private func words(_ status: ldns_status) -> String {
    ldns_get_errorstr_by_id(status).map { String(cString: $0) } ?? "error \(status.rawValue)"
  }

  private func withoutDot(_ name: String) -> String {
    name.count > 1 && name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  private var outOfMemory: DNSError { job.error(.other, "ldns is out of memory") }

  private func failure(_ status: ldns_status) -> DNSError {
    let silent = job.start.duration(to: Clocks.monotonic()) >= job.deadline
    switch status {
    case _ where silent:
      return job.error(.timeout, "no answer within \(job.deadline.brief)")
    case LDNS_STATUS_MEM_ERR:
      return outOfMemory
    case LDNS_STATUS_WIRE_INCOMPLETE_HEADER, LDNS_STATUS_WIRE_INCOMPLETE_QUESTION,
      LDNS_STATUS_WIRE_INCOMPLETE_ANSWER, LDNS_STATUS_WIRE_INCOMPLETE_AUTHORITY,
      LDNS_STATUS_WIRE_INCOMPLETE_ADDITIONAL, LDNS_STATUS_PACKET_OVERFLOW,
      LDNS_STATUS_LABEL_OVERFLOW, LDNS_STATUS_DOMAINNAME_OVERFLOW, LDNS_STATUS_INVALID_POINTER:
      return job.error(.malformed, "the answer is no proper DNS: \(words(status))")
    default:
      return job.error(.unreachable, "the server cannot be reached: \(words(status))")
    }
  }
}
