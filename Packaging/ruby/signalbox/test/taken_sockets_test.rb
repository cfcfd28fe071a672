# frozen_string_literal: true

require "helper"

# Sockets that an app has taken over from its server, and what ends them.
class TakenSocketsTest < SignalboxTest
  Watch = Struct.new(:role)
  Role = Struct.new(:users_gone_for, :traffic)

  def setup
    super
    @pairs = []
    @watch = Watch.new(Role.new(nil, nil))
  end

  def teardown
    @pairs.flatten.each(&:close)
    super
  end

  # None but the test looks: `every` is longer than it takes.
  def taken(grace: 0, over: 0, every: 1000)
    Signalbox::TakenSockets.new(@watch, grace: grace, over: over, every: every)
  end

  # A socket that an app takes over, and its client.
  def take(sockets, part: false)
    @pairs << (server, client = UNIXSocket.pair)
    env = { "rack.hijack" => -> { server } }
    answer = sockets.follow(env) do
      next [200, { "rack.hijack" => ->(io) { @given = io } }, []] if part

      assert_same server, env["rack.hijack"].call
      [-1, {}, []]
    end
    answer[1]["rack.hijack"].call(server) if part
    client
  end

  def gone(seconds)
    @watch.role = Role.new(seconds, "eu-central")
  end

  def ended?(client)
    client.read_nonblock(1, exception: false).nil?
  end

  def test_they_are_ended_once_users_have_left
    sockets = taken
    clients = [take(sockets), take(sockets, part: true)]
    assert_same @pairs.last.first, @given
    sockets.sweep
    refute clients.any? { |client| ended?(client) }, "users are here"
    gone(1)
    sockets.sweep
    assert clients.all? { |client| ended?(client) }
  end

  # The app reads the end of the stream, and closes what is its own.
  def test_the_app_closes_them
    sockets = taken
    take(sockets)
    gone(1)
    assert_equal 1, sockets.sweep
    server = @pairs.last.first
    refute_predicate server, :closed?
    assert_nil server.read(1)
    server.close
    assert_equal 0, sockets.sweep
  end

  def test_not_before_the_grace_is_over
    sockets = taken(grace: 300)
    client = take(sockets)
    gone(299)
    later(1000) { sockets.sweep }
    refute ended?(client)
    # Who comes here after it, by a resolver that still says so, stays as long as that.
    gone(301)
    later(299) { sockets.sweep }
    refute ended?(client)
    later(301) { sockets.sweep }
    assert ended?(client)
  end

  def test_not_all_at_once
    sockets = taken(grace: 10, over: 10, every: 1)
    clients = Array.new(20) { take(sockets) }
    counts = [10, 15, 19, 25].map do |seconds|
      gone(seconds)
      later(1000) { sockets.sweep }
      @pairs.each { |server, client| server.close if ended?(client) unless server.closed? }
      clients.count { |client| ended?(client) }
    end
    assert_equal [2, 6, 20, 20], counts
  end

  def test_one_that_its_client_has_left_already
    sockets = taken
    take(sockets).close
    @pairs.last.first.close
    gone(1)
    assert_equal 0, sockets.sweep
  end

  def test_what_is_no_socket_is_left_alone
    sockets = taken
    io = StringIO.new
    sockets.follow(env = { "rack.hijack" => -> { io } }) { [env["rack.hijack"].call, {}, []] }
    gone(1)
    assert_equal 0, sockets.sweep
    refute_predicate io, :closed?
  end

  def test_an_app_that_takes_nothing
    answer = [200, { "a" => "b" }, ["c"]]
    assert_equal answer, taken.follow({}) { answer }
    assert_equal 0, taken.sweep
  end

  # As in the app: off unless it is said, and looked at by a thread of its own.
  def test_shed_follows_them
    { nil => false, 0 => true }.each do |option, ends|
      @watch.role = Role.new(nil, nil)
      server, client = @pairs.push(UNIXSocket.pair).last
      app = ->(env) { env["rack.hijack"].call; [-1, {}, []] }
      shed = Signalbox::Middleware::Shed.new(app, how: "close", grace: 0, sockets: option,
                                                  watch: @watch)
      shed.call("PATH_INFO" => "/", "REQUEST_METHOD" => "GET", "rack.hijack" => -> { server })
      gone(1)
      ends ? eventually { ended?(client) } : (sleep 1.5; refute ended?(client))
    end
  end
end
