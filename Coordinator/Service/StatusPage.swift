import Hummingbird
import NIOCore
import Screens
import Wire

/// `GET /`: the status screen in a browser, renewed every second.
enum StatusPage {
  static func html(_ status: StatusDocument) -> String {
    let screen = escape(Screens.status(status))
    return """
      <!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta http-equiv="refresh" content="1"><title>Signalbox</title>
      <style>body{background:#111;color:#ddd;margin:2em}pre{font:14px/1.4 monospace}</style>
      </head><body><pre>\(screen)</pre></body></html>

      """
  }

  static func response(_ page: ByteBuffer) -> Response {
    Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'",
      ], body: ResponseBody(byteBuffer: page))
  }

  private static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
