# frozen_string_literal: true

require "io/wait"
require "json"
require "socket"

module Signalbox
  # Asks the agent on this host. One connection for each question, as the agent closes it, and one
  # deadline for all of it: an answer that comes in drops is as late as none.
  class Agent
    # Why there is no answer, in words.
    class Silent < Error; end

    MAX_BYTES = 1 << 20
    private_constant :MAX_BYTES

    def initialize(place, timeout)
      @host, @port = place
      @timeout = timeout
    end

    # The JSON object that `path` gives.
    def get(path)
      @deadline = Clock.now + @timeout
      read(exchange(path))
    rescue SystemCallError => error
      raise Silent, "the agent at #{where} is not reached: #{error.class.name[/\w+\z/]}"
    end

    private

    def where
      @host.include?(":") ? "[#{@host}]:#{@port}" : "#{@host}:#{@port}"
    end

    def exchange(path)
      address = Addrinfo.tcp(@host, @port)
      Socket.open(address.afamily, :STREAM) do |socket|
        connect(socket, address)
        write(socket, "GET #{path} HTTP/1.1\r\nHost: #{where}\r\nAccept: application/json\r\n" \
                      "Connection: close\r\n\r\n")
        receive(socket)
      end
    end

    def connect(socket, address)
      return unless socket.connect_nonblock(address, exception: false) == :wait_writable

      await(socket.wait_writable(left))
      code = socket.getsockopt(:SOCKET, :ERROR).int
      raise SystemCallError.new(nil, code) unless code.zero?
    end

    def write(socket, bytes)
      until bytes.empty?
        count = socket.write_nonblock(bytes, exception: false)
        next await(socket.wait_writable(left)) if count == :wait_writable

        bytes = bytes.byteslice(count..)
      end
    end

    def receive(socket)
      bytes = String.new(encoding: Encoding::BINARY)
      loop do
        part = socket.read_nonblock(65_536, exception: false)
        return bytes if part.nil?

        if part == :wait_readable
          await(socket.wait_readable(left))
        else
          bytes << part
          raise Silent, "the agent's answer is too large" if bytes.bytesize > MAX_BYTES
        end
      end
    end

    def left
      left = @deadline - Clock.now
      return left if left.positive?

      raise Silent, "the agent at #{where} does not answer within #{@timeout} s"
    end

    def await(ready)
      left unless ready
    end

    def read(bytes)
      head, body = bytes.split("\r\n\r\n", 2)
      status = %r{\AHTTP/1\.[01] (\d{3})[ \r]}.match(head.to_s)
      raise Silent, "what the agent's port answers is no HTTP" unless status && body
      raise Silent, "the agent answers #{status[1]}" unless status[1] == "200"

      length = head[/^content-length:[ \t]*(\d+)[ \t]*\r?$/i, 1]
      unless length && length.to_i == body.bytesize
        raise Silent, "the agent's answer is not whole"
      end
      object(body)
    end

    def object(body)
      text = body.force_encoding(Encoding::UTF_8)
      document = text.valid_encoding? ? JSON.parse(text) : nil
      return document if document.is_a?(Hash)

      raise Silent, "the agent's answer is no JSON object"
    rescue JSON::ParserError
      raise Silent, "the agent's answer is no JSON"
    end
  end
end
