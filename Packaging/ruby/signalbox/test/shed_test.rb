# frozen_string_literal: true

require "helper"

class ShedTest < SignalboxTest
  Watch = Struct.new(:role)

  def role(name = "elsewhere")
    document = JSON.parse(fixture(name))
    document["services"][0]["traffic"]["age_seconds"] = 1000
    yield document, document["services"][0] if block_given?
    Signalbox::Role.read(document, service: "app", asked: Signalbox::Clock.now, stale_after: 60)
  end

  def ask(role, method: "GET", path: "/notes?a=b", env: {}, **options)
    app = ->(_) { [200, { "Content-Type" => "text/plain" }, ["app"]] }
    shed = Signalbox::Middleware::Shed.new(app, watch: Watch.new(role), **options)
    Rack::MockRequest.new(Rack::Lint.new(shed)).request(method, path, env)
  end

  def untouched?(reply)
    reply.status == 200 && reply.body == "app" && reply["connection"].nil?
  end

  def test_it_is_off_by_default
    assert untouched?(ask(role))
    assert untouched?(ask(role, how: nil))
    assert untouched?(ask(role, how: "off"))
  end

  def test_off_asks_no_agent
    fake = agent(fixture("elsewhere"))
    shed = Signalbox::Middleware::Shed.new(->(_) { [200, {}, []] })
    shed.call("PATH_INFO" => "/")
    assert_equal [nil, 0], [shed.instance_variable_get(:@watch), fake.asked.size]
  end

  def test_close
    reply = ask(role, how: "close", method: "POST")
    assert_equal [200, "app", "close"], [reply.status, reply.body, reply["connection"]]
  end

  # What the app has said of the connection is replaced, in whatever case; a switch of protocols is
  # none without its header.
  def test_close_leaves_one_header
    answers = { 200 => "keep-alive", 101 => "Upgrade" }
    answers.each do |status, word|
      app = ->(_) { [status, { "Connection" => word }, []] }
      shed = Signalbox::Middleware::Shed.new(app, how: "close", watch: Watch.new(role))
      headers = shed.call("PATH_INFO" => "/", "REQUEST_METHOD" => "GET")[1]
      expected = status == 101 ? { "Connection" => "Upgrade" } : { "connection" => "close" }
      assert_equal expected, headers
    end
  end

  def test_no_connection_header_over_http_2
    app = ->(_) { [200, {}, []] }
    to = { "eu-central" => "eu.example.com" }
    { "close" => 200, "misdirected" => 421, "redirect" => 307 }.each do |how, status|
      shed = Signalbox::Middleware::Shed.new(app, how: how, to: to, watch: Watch.new(role))
      env = { "PATH_INFO" => "/", "REQUEST_METHOD" => "GET" }
      found = shed.call(env.merge("SERVER_PROTOCOL" => "HTTP/2"))
      assert_equal [status, nil], [found[0], found[1]["connection"]], how
      assert_equal "close", shed.call(env.merge("SERVER_PROTOCOL" => "HTTP/1.1"))[1]["connection"]
    end
  end

  def test_misdirected
    reply = ask(role, how: :misdirected, method: "POST")
    assert_equal [421, "close", "no-store"],
                 [reply.status, reply["connection"], reply["cache-control"]]
  end

  def test_redirect
    to = { "eu-central" => "eu.example.com" }
    reply = ask(role, how: "redirect", to: to)
    assert_equal [307, "https://eu.example.com/notes?a=b"], [reply.status, reply["location"]]
    assert_equal 307, ask(role, how: "redirect", to: to, method: "HEAD").status
    # What changes something is done, and the connection closed; so where no host is known, and
    # where it would lead back here.
    [{ method: "POST" }, { to: { "ap-south" => "ap.example.com" } },
     { env: { "HTTP_HOST" => "EU.example.com" } }, { env: { "PATH_INFO" => "/a\r\nX: y" } },
     { env: { "PATH_INFO" => "//evil.example" } }].each do |change|
      reply = ask(role, how: "redirect", **{ to: to }.merge(change))
      next assert_equal "https://eu.example.com//evil.example?a=b", reply["location"] if
        change.dig(:env, "PATH_INFO") == "//evil.example"

      assert_equal [200, "close"], [reply.status, reply["connection"]], change
    end
  end

  def test_never_where_it_is_not_known
    whys = {
      "here" => role("held"), "nothing" => Signalbox::Role.unknown("no answer"),
      "mixed" => role { |_, app| app["traffic"].delete("region") },
      "unheard of late" => role { |all, _| all["heard_seconds"] = 61 },
      "never heard" => role { |all, _| all.delete("heard_seconds") },
      "no age" => role { |_, app| app["traffic"].delete("age_seconds") }
    }
    Signalbox::Middleware::Shed::HOW.each do |how|
      whys.each do |name, found|
        assert untouched?(ask(found, how: how, to: { "eu-central" => "e" })), "#{how} #{name}"
      end
    end
  end

  def test_not_before_the_grace_is_over
    gone = role { |_, app| app["traffic"]["age_seconds"] = 299 }
    assert untouched?(ask(gone, how: "misdirected"))
    later(2) { assert_equal 421, ask(gone, how: "misdirected").status }
    assert_equal 421, ask(gone, how: "misdirected", grace: 100).status
  end

  # Users are elsewhere, and the region has to look as well as it is all the same.
  def test_never_for_probes_and_certificates
    ["/up", "/health", "/.well-known/acme-challenge/x"].each do |path|
      assert untouched?(ask(role, how: "misdirected", path: path)), path
    end
    assert_equal 421, ask(role, how: "misdirected", path: "/upper").status
    assert untouched?(ask(role, how: "misdirected", path: "/ping", except: ["/ping"]))
  end

  def test_what_cannot_be_meant
    app = ->(_) {}
    [{ how: "sometimes" }, { how: "redirect" }, { how: "close", grace: -1 },
     { how: "close", sockets: -1 }, { how: "close", sockets: true },
     { how: "redirect", to: { "eu" => "https://eu.example.com" } },
     { how: "redirect", to: { "eu" => "eu.example.com\r\n" } }].each do |options|
      assert_raises(Signalbox::ConfigurationError, options) do
        Signalbox::Middleware::Shed.new(app, **options)
      end
    end
  end

  def test_a_request_never_waits_for_the_agent
    hole = Queue.new
    roles = [role, role("held")]
    watch = Signalbox::RoleWatch.new(every: 0.1, limit: 15) { hole.pop; roles.shift }
    3.times { refute watch.role.known? }
    eventually { hole.num_waiting == 1 }
    hole << 1
    eventually { watch.role.known? }
    assert_equal "elsewhere", watch.role.state
    # Asked again, though no request comes, and given out meanwhile; for nothing when it is too old.
    eventually { hole.num_waiting == 1 }
    assert_equal "elsewhere", watch.role.state
    # One asks at a time, however long that takes.
    asking = watch.instance_variable_get(:@asking)
    later(10) { watch.role }
    assert_same asking, watch.instance_variable_get(:@asking)
    later(16) { assert_equal "the agent's answer is old", watch.role.reason }
    hole << 1
    later(4) { eventually { watch.role.state == "held" } }
  end

  # Where users have left, those who stay may ask less often than an answer of the agent counts.
  def test_who_asks_seldom_is_shed_too
    asked = 0
    watch = Signalbox::RoleWatch.new(every: 0.05, limit: 15) { asked += 1; role }
    refute_predicate watch.role, :known?
    eventually { asked > 3 }
    assert_predicate watch.role, :known?
  end

  def test_the_whole_of_it
    agent(JSON.generate(JSON.parse(fixture("elsewhere")).tap do |all|
      all["services"][0]["traffic"]["age_seconds"] = 301
    end))
    shed = Signalbox::Middleware::Shed.new(->(_) { [200, {}, []] }, how: "misdirected")
    eventually { shed.call("PATH_INFO" => "/", "REQUEST_METHOD" => "GET")[0] == 421 }
  end
end
