# frozen_string_literal: true

require "helper"

class ProbesTest < SignalboxTest
  def setup
    super
    @checks = Signalbox::Health.new(configuration, region: -> { "us-east-1" })
    @seen = []
    app = ->(env) { @seen << env["PATH_INFO"]; [404, {}, ["app"]] }
    probes = Signalbox::Middleware::Probes.new(app, checks: @checks)
    @request = Rack::MockRequest.new(Rack::Lint.new(probes))
  end

  def test_up_asks_no_check
    @checks.check("bad") { flunk }
    reply = @request.get("/up")
    assert_equal [200, "{\"status\":\"up\"}\n"], [reply.status, reply.body]
    assert_equal "no-store", reply["cache-control"]
    assert_empty @seen
  end

  def test_health
    @checks.check("table") { true }
    reply = @request.get("/health?verbose=1")
    assert_equal [200, "application/json"], [reply.status, reply["content-type"]]
    found = JSON.parse(reply.body)
    assert_equal %w[healthy us-east-1], found.values_at("status", "region")
    @checks.check("table") { false }
    @checks.reuse = 0
    assert_equal 503, @request.get("/health").status
  end

  def test_head
    @checks.check("bad") { false }
    reply = @request.request("HEAD", "/health")
    assert_equal [503, ""], [reply.status, reply.body]
    assert_operator reply["content-length"].to_i, :>, 20
    assert_equal 200, @request.request("HEAD", "/up").status
  end

  def test_other_methods
    reply = @request.post("/health")
    assert_equal [405, "GET, HEAD"], [reply.status, reply["allow"]]
    assert_empty @seen
  end

  def test_all_else_is_the_app_s
    ["/", "/up/", "/health/x", "/upper"].each { |path| assert_equal 404, @request.get(path).status }
    assert_equal 4, @seen.size
  end
end
