import Platform
import Wire

/// One page of a list (facts/linode 2).
struct LinodePage<Entry: Decodable & Sendable>: Decodable, Sendable {
  var data: [Entry]
  var page: Int
  var pages: Int
  var results: Int

  enum CodingKeys: String, CodingKey { case data, page, pages, results }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    data = try values.decode([Entry].self, forKey: .data)
    page = try values.number(.page)
    pages = try values.number(.pages)
    results = try values.number(.results)
  }
}

extension LinodeClient {
  /// The largest page that the API gives, and the smallest.
  static let pageSizes = 25...500
  /// Calls that a list of so many entries takes.
  public static func pages(of entries: Int) -> Int {
    max(1, (entries + pageSizes.upperBound - 1) / pageSizes.upperBound)
  }

  /// 12,000 records a domain are 24 pages.
  private static let maxPages = 200

  /// All pages of a list, or the first `limit` entries; one that changes while it is read is read
  /// anew by the caller.
  func list<Entry: Decodable & Sendable>(
    _ path: String, _ type: Entry.Type, filter: String? = nil, mayBeEmpty: Bool = false,
    limit: Int? = nil
  ) async throws(LinodeError) -> LinodeReply<[Entry]> {
    let size = min(max(limit ?? .max, Self.pageSizes.lowerBound), Self.pageSizes.upperBound)
    var entries: [Entry] = []
    var number = 1
    while true {
      let answer = try await perform(
        question("GET", "\(path)?page=\(number)&page_size=\(size)", filter: filter, isList: true),
        LinodePage<Entry>.self)
      let page = answer.reply.value
      entries += page.data
      guard page.page == number, page.pages <= Self.maxPages || limit != nil else {
        throw answer.call.garbled(
          answer.response, "page \(page.page) of \(page.pages) in place of \(number)")
      }
      if let limit, entries.count >= limit {
        return answer.reply.with(Array(entries.prefix(limit)))
      }
      if number < page.pages, number < Self.maxPages {
        number += 1
        continue
      }
      guard entries.count == page.results else {
        throw answer.call.garbled(
          answer.response,
          "\(entries.count) of \(page.results) entries, or the list changed meanwhile")
      }
      guard mayBeEmpty || !entries.isEmpty else {
        throw LinodeError(
          kind: .emptyList, failure: .transient, status: answer.response.status,
          tokensTried: [answer.reply.token],
          description: "GET \(path): an empty list, where there must be entries")
      }
      return answer.reply.with(entries)
    }
  }
}

extension LinodeReply {
  /// The same reply with another value.
  func with<Other: Sendable>(_ value: Other) -> LinodeReply<Other> {
    LinodeReply<Other>(
      value: value, rateLimit: rateLimit, access: access, warnings: warnings, token: token)
  }
}
