# frozen_string_literal: true

# A small app of one region. Below /MODE it sheds as the mode says, below /MODE/sockets websockets
# too; what it answers is its region's name.
require "digest"
require "signalbox"

REGION = ENV.fetch("REGION")
TO = ENV.fetch("TO").split(",").to_h { |pair| pair.split("=") }
GRACE = Integer(ENV.fetch("GRACE"))

Signalbox.health.check("app") { true }
use Signalbox::Middleware::Probes

# As much of RFC 6455 as short unfragmented frames take: each one is answered with the region.
module Place
  GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  def self.call(env)
    key = env["HTTP_SEC_WEBSOCKET_KEY"]
    return [200, { "x-region" => REGION }, [REGION]] unless key

    io = env["rack.hijack"].call
    io.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
             "Sec-WebSocket-Accept: #{Digest::SHA1.base64digest(key + GUID)}\r\n\r\n")
    Thread.new { serve(io) }
    [-1, {}, []]
  end

  def self.serve(io)
    while (head = io.read(2))
      length = head.getbyte(1) & 0x7f
      break unless io.read(length + 4)

      io.write([0x81, REGION.size].pack("CC"), REGION)
    end
  rescue SystemCallError, IOError
    nil
  ensure
    io.close
  end
end

Signalbox::Middleware::Shed::HOW.each do |how|
  { "/#{how}" => nil, "/#{how}/sockets" => 0 }.each do |path, sockets|
    map(path) do
      use Signalbox::Middleware::Shed, how: how, grace: GRACE, to: TO, sockets: sockets
      run Place
    end
  end
end
