# frozen_string_literal: true

require "helper"

# Nothing but a whole answer in time is one, whatever the port does.
class AgentTest < SignalboxTest
  def test_nobody_listens
    free = TCPServer.open("127.0.0.1", 0) { |server| server.local_address.ip_port }
    configuration.agent = "127.0.0.1:#{free}"
    assert_equal "the agent at 127.0.0.1:#{free} is not reached: ECONNREFUSED",
                 Signalbox.role.reason
    refute Signalbox.active?
  end

  def test_it_is_off
    configuration.agent = "off"
    assert_equal "the agent is not asked: off", Signalbox.role.reason
  end

  def test_another_status
    { "421 Misdirected" => "421", "404 Not Found" => "404", "500 Oh" => "500" }.each do |line, code|
      agent(fixture("held"), status: line)
      assert_equal "the agent answers #{code}", Signalbox.role.reason
    end
  end

  def test_what_is_no_answer
    body = fixture("held")
    length = "Content-Length: #{body.bytesize}"
    odd = {
      "" => /no HTTP/, "SSH-2.0-OpenSSH_9.2\r\n" => /no HTTP/, "\x00\xff\xfe" * 99 => /no HTTP/,
      "HTTP/1.1 200 OK\r\n#{length}\r\n" => /no HTTP/,
      "HTTP/1.1 200 OK\r\n\r\n#{body}" => /not whole/,
      "HTTP/1.1 200 OK\r\n#{length}\r\n\r\n#{body[0..-3]}" => /not whole/,
      "HTTP/1.1 200 OK\r\n#{length}\r\n\r\n#{body} " => /not whole/,
      ok("") => /no JSON/, ok("null") => /no JSON/, ok("[#{body}]") => /no JSON object/,
      ok(body.tr("{", "[")) => /no JSON/, ok("#{body}#{body}") => /no JSON/,
      ok(body.sub("us-east", "\xff".b)) => /no JSON/, ok("[" * 5000) => /no JSON/
    }
    odd.each do |bytes, reason|
      use(FakeAgent.new { |connection| connection.write(bytes); connection.close })
      role = Signalbox.role
      refute role.active?, bytes[0, 80]
      assert_match reason, role.reason, bytes[0, 80]
    end
  end

  def test_too_much
    page = "HTTP/1.1 200 OK\r\n\r\n#{" " * (1 << 21)}"
    use(FakeAgent.new { |connection| connection.write(page) })
    assert_equal "the agent's answer is too large", Signalbox.role.reason
  end

  # Each of these would go on for good.
  def test_an_answer_that_does_not_come_in_time
    configuration.timeout = 0.3
    drops = ->(connection) { loop { connection.write("H"); sleep 0.02 } }
    slow = ->(connection) { connection.write(ok(fixture("held"))[0..-2]); sleep }
    [->(_) { sleep }, drops, slow].each do |serve|
      fake = use(FakeAgent.new(&serve))
      assert_equal "the agent at #{fake.place} does not answer within 0.3 s", Signalbox.role.reason
    end
  end

  # A connection that is not even taken: the backlog is full.
  def test_a_port_that_takes_no_connection
    configuration.timeout = 0.3
    server = Socket.new(:INET, :STREAM)
    server.bind(Addrinfo.tcp("127.0.0.1", 0))
    server.listen(0)
    waiting = Array.new(4) do
      Socket.new(:INET, :STREAM).tap { _1.connect_nonblock(server.local_address, exception: false) }
    end
    configuration.agent = "127.0.0.1:#{server.local_address.ip_port}"
    assert_match(/does not answer within 0\.3 s/, Signalbox.role.reason)
  ensure
    [server, *waiting].compact.each(&:close)
  end

  def test_an_ipv6_address
    server = TCPServer.new("::1", 0)
  rescue Errno::EADDRNOTAVAIL
    skip "this machine has no IPv6"
  else
    heads = Queue.new
    body = fixture("held")
    thread = Thread.new do
      connection = server.accept
      heads << connection.readpartial(4096)
      connection.write(ok(body))
      connection.close
    end
    port = server.local_address.ip_port
    configuration.agent = "[::1]:#{port}"
    assert Signalbox.active?
    assert_includes heads.pop, "Host: [::1]:#{port}\r\n"
  ensure
    thread&.join
    server&.close
  end

  def test_no_proxy_of_the_environment_comes_between
    before = ENV.to_h.slice("http_proxy")
    ENV["http_proxy"] = "http://127.0.0.1:1"
    agent(fixture("held"))
    assert Signalbox.active?
  ensure
    ENV.update(before)
    ENV.delete("http_proxy") if before.empty?
  end

  private

  def ok(body)
    "HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}"
  end
end
