public import Wire

/// One outgoing HTTP request.
public struct HTTPRequest: Sendable {
  /// An HTTP token in capitals: "GET", "PUT".
  public var method: String
  /// Absolute `http` or `https` URL.
  public var url: String
  /// Sent as they are; framing (Content-Length and so on) is the client's own.
  public var headers: [HTTPField]
  /// Nil: no body; POST, PUT and PATCH then send an empty one.
  public var body: [UInt8]?
  /// From the start of the connection to its end (TCP and TLS).
  public var connectDeadline: Duration
  /// From the call to the last byte of the reply.
  public var deadline: Duration
  /// The largest accepted total of reply header bytes.
  public var maxHeaderBytes: Int
  /// The largest accepted reply body.
  public var maxBodyBytes: Int
  /// The local address to connect from.
  public var sourceAddress: String?
  /// Connect to this Unix socket in place of the URL's host.
  public var unixSocket: String?
  /// Connect to this address (the URL's port stays) in place of resolving the URL's host; Host
  /// header, TLS server name and certificate checks still use the URL's host.
  public var connectAddress: String?
  /// Sign with AWS Signature Version 4. A session token is sent as its own header.
  public var sigV4: SigV4?
  /// PEM file of the accepted authorities in place of the system's.
  public var authoritiesFile: String?
  /// Redirects to follow; 0 gives the redirect itself back.
  public var maxRedirects: Int
  /// Connect anew and close afterwards: what a probe needs, which asks whether one can connect.
  public var freshConnection: Bool
  /// Tell until when the server's certificate is valid.
  public var readsCertificate: Bool
  /// Ask for the body as browsers do, in gzip, deflate or brotli, and undo that coding, also where
  /// it comes unasked; `maxBodyBytes` is about what it decodes to.
  public var decodesBody: Bool
  /// Whether a proxy of the environment may stand in between.
  public var proxy: ProxyUse

  /// Makes a request; only the URL has to be given.
  public init(
    method: String = "GET", url: String, headers: [HTTPField] = [], body: [UInt8]? = nil,
    connectDeadline: Duration = .seconds(3), deadline: Duration = .seconds(10),
    maxHeaderBytes: Int = 65_536, maxBodyBytes: Int = 1_048_576, sourceAddress: String? = nil,
    unixSocket: String? = nil, connectAddress: String? = nil, sigV4: SigV4? = nil,
    authoritiesFile: String? = nil, maxRedirects: Int = 0,
    freshConnection: Bool = false, readsCertificate: Bool = false, decodesBody: Bool = false,
    proxy: ProxyUse = .environment
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.connectDeadline = connectDeadline
    self.deadline = deadline
    self.maxHeaderBytes = maxHeaderBytes
    self.maxBodyBytes = maxBodyBytes
    self.sourceAddress = sourceAddress
    self.unixSocket = unixSocket
    self.connectAddress = connectAddress
    self.sigV4 = sigV4
    self.authoritiesFile = authoritiesFile
    self.maxRedirects = maxRedirects
    self.freshConnection = freshConnection
    self.readsCertificate = readsCertificate
    self.decodesBody = decodesBody
    self.proxy = proxy
  }
}

/// Whether a proxy may stand between us and a server.
public enum ProxyUse: Sendable, Hashable {
  /// One that the environment names (`https_proxy`, `all_proxy`, ...), never for loopback.
  case environment
  /// None: what asks whether a place can be reached must not hear a proxy's answer.
  case never
}

/// A header field.
public struct HTTPField: Hashable, Sendable {
  /// The name; case does not matter.
  public var name: String
  /// The value, without white space at its ends.
  public var value: String

  /// Makes a field.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// What an AWS Signature Version 4 is made with.
public struct SigV4: Sendable {
  /// The AWS region, "us-east-1".
  public var region: String
  /// The signing name of the service, "dynamodb".
  public var service: String
  /// The public part of the credentials.
  public var accessKeyID: String
  /// The secret part of the credentials.
  public var secretAccessKey: String
  /// For temporary credentials; sent as X-Amz-Security-Token.
  public var sessionToken: String?

  /// Makes the signature's ingredients.
  public init(
    region: String, service: String, accessKeyID: String, secretAccessKey: String,
    sessionToken: String? = nil
  ) {
    self.region = region
    self.service = service
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }
}

/// A whole reply.
public struct HTTPResponse: Sendable {
  /// The status code, 100 to 999.
  public var status: Int
  /// In the order received.
  public var headers: [HTTPField]
  /// The body as it came, or, where the request has `decodesBody`, without its content coding.
  public var body: [UInt8]
  /// From the start of the transfer to the last byte.
  public var total: Duration
  /// The address that answered.
  public var remoteAddress: String?
  /// Until when the server's certificate is valid, Unix seconds; nil where it was not asked for, or
  /// the connection has none.
  public var certificateEnds: Int64?

  /// Makes a reply.
  public init(
    status: Int, headers: [HTTPField], body: [UInt8], total: Duration,
    remoteAddress: String? = nil, certificateEnds: Int64? = nil
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.total = total
    self.remoteAddress = remoteAddress
    self.certificateEnds = certificateEnds
  }

  /// The value of the first field of that name, whatever its case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The body as text; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Why a request got no complete reply.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: String, Sendable, Hashable {
    /// The request itself is not acceptable; nothing was sent.
    case invalidRequest
    /// The host's name has no address now.
    case resolve
    /// No connection.
    case connect
    /// TLS failed, or the certificate is not accepted.
    case tls
    /// A deadline passed.
    case timeout
    /// The connection ended early, or the reply was cut short.
    case reset
    /// The reply exceeds a limit.
    case tooLarge
    /// What came is no HTTP/1.1 reply.
    case notHTTP
    /// The body's content coding is unknown or broken.
    case undecodable
    /// The task was cancelled, or the client was shut down.
    case cancelled
    /// Anything else.
    case other
  }
  /// What went wrong.
  public var kind: Kind
  /// What the caller may do now.
  public var failure: Failure
  /// For people: what happened, to which host and through which proxy.
  public var description: String
  /// The status of the reply that could not be read to its end; nil where none came.
  public var status: Int?

  /// Makes an error.
  public init(kind: Kind, failure: Failure, description: String, status: Int? = nil) {
    self.kind = kind
    self.failure = failure
    self.description = description
    self.status = status
  }
}
