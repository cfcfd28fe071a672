# frozen_string_literal: true

require "digest"
require "old_addresses/client"

# Net::HTTP that keeps its connection, and asks the resolver whenever it makes one.
class KeptRuby < Client
  # Net::HTTP of Debian asks the system's resolver; here it asks the test's.
  class Connection < Net::HTTP
    attr_accessor :asked, :resolver

    private

    def conn_address
      self.asked = resolver.call(address)
    end
  end

  private

  def connection(name, port)
    Connection.new(name, port, nil).tap do |http|
      http.resolver = method(:resolve)
      http.open_timeout = http.read_timeout = @patience
      http.keep_alive_timeout = 60
      http.max_retries = 0
    end
  end

  def step
    @http ||= connection(Regions::NAME, Regions::PORT)
    @http.start unless @http.started?
    reply = @http.get(path)
    target = reply["location"]
    reply = follow(URI(target)) if target
    note(@http.asked, status: reply.code.to_i, region: reply["x-region"], redirected: !target.nil?)
  rescue SystemCallError, Timeout::Error, IOError
    note(@http.asked)
  ensure
    sleep PAUSE
  end

  def follow(uri)
    http = connection(uri.host, uri.port)
    http.use_ssl = true
    http.ca_file = @regions.certificate
    http.start { http.get(uri.path) }
  end
end

# A websocket that asks where it is, and connects again when it is closed or silent.
class WebSocket < Client
  ASKING = [0x81, 0x81, 0, "?"].pack("CCNa")

  private

  def step
    @socket ||= connect or return
    @socket.write(ASKING)
    head = read(2)
    note(@address, status: 200, region: read(head.getbyte(1)))
  rescue SystemCallError, Timeout::Error, IOError
    drop
    note(@address)
  ensure
    sleep PAUSE
  end

  def connect
    @address = resolve
    @socket = Socket.tcp(@address, Regions::PORT, connect_timeout: @patience)
    key = ["0123456789abcdef"].pack("m0")
    @socket.write("GET #{path} HTTP/1.1\r\nHost: #{Regions::NAME}\r\nUpgrade: websocket\r\n" \
                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
                  "Sec-WebSocket-Key: #{key}\r\n\r\n")
    head = +""
    head << read(1) until head.end_with?("\r\n\r\n")
    return @socket if head.start_with?("HTTP/1.1 101 ")

    note(@address, status: head[/\AHTTP\/1\.1 (\d{3})/, 1].to_i)
    drop
  end

  def read(count)
    bytes = +""
    until bytes.bytesize == count
      raise Timeout::Error unless @socket.wait_readable(@patience)

      bytes << @socket.readpartial(count - bytes.bytesize)
    end
    bytes
  end

  def drop
    @socket&.close
    @socket = nil
  end

  # One that waits for good is told by the end of its stream.
  def finish
    @socket&.shutdown
  rescue IOError, SystemCallError
    nil
  end
end
