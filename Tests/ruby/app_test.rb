# frozen_string_literal: true

require "rails_world"

# The Rails example as it runs: two regions, real puma, Redis and Sidekiq, the sandbox's DynamoDB.
class AppTest < Minitest::Test
  US = "us-east"
  EU = "eu-central"

  def setup
    @world = RailsWorld.shared
    RailsWorld::REGIONS.each_key { |region| @world.role(region, "pending", traffic: nil, age: nil) }
  end

  def ask(...)
    @world.ask(...)
  end

  def json(...)
    reply = ask(...)
    [reply.code.to_i, JSON.parse(reply.body)]
  end

  def eventually(what, seconds = 60, &block)
    @world.processes.until_true(what, seconds, &block)
  end

  # Both regions are asked as their agents do: each writes what the other looks for.
  def health(region)
    RailsWorld::REGIONS.keys.to_h { |each| [each, json(each, "GET", "/health")] }[region]
  end

  def until_health(region, status, word)
    eventually("#{region} is #{word}") do
      code, found = health(region)
      found if code == status && found["status"] == word
    end
  end

  def test_up_is_asked_by_a_load_balancer
    reply = ask(US, "GET", "/up", headers: { "Host" => "192.0.2.1", "X-Forwarded-Proto" => nil })
    assert_equal ["200", "{\"status\":\"up\"}\n"], [reply.code, reply.body]
    assert_equal "200", ask(US, "HEAD", "/up").code
  end

  def test_everything_else_is_for_its_host_and_over_tls
    assert_equal "403", ask(US, "GET", "/", headers: { "Host" => "evil.example" }).code
    assert_equal "301", ask(US, "GET", "/", headers: { "X-Forwarded-Proto" => nil }).code
    assert_equal "200", ask(US, "GET", "/").code
  end

  def test_health_says_its_region
    found = until_health(US, 200, "healthy")
    assert_equal %w[us-east-1 r1], found.values_at("region", "release")
    assert_equal %w[replication table], found["checks"].keys.sort
    assert_equal "eu-central-1", until_health(EU, 200, "healthy")["region"]
    assert_equal "", ask(US, "HEAD", "/health").body.to_s
    refute_includes ask(US, "GET", "/health").body, "secret"
  end

  def test_a_dead_table_is_a_bad_region_and_the_host_stays_up
    until_health(US, 200, "healthy")
    @world.during("dynamodb-down", US) do
      found = until_health(US, 503, "unhealthy")
      assert_equal "fail", found["checks"]["table"]["status"]
      assert_equal "200", ask(US, "GET", "/up").code
      eventually("eu-central is well") { health(EU)[0] == 200 }
      assert_equal [503, { "error" => "the table does not answer" }], json(US, "GET", "/notes/none")
    end
    until_health(US, 200, "healthy")
  end

  # The other region's silence is told, and is no reason to leave this one.
  def test_replication_that_stands_still_is_told
    until_health(EU, 200, "healthy")
    @world.during("replication-cut", "#{US}>#{EU}") do
      found = until_health(EU, 200, "degraded")
      assert_match(/\Athe newest of us-east-1 is \d+ s old\z/,
                   found["checks"]["replication"]["reason"])
      assert_equal "pass", found["checks"]["table"]["status"]
    end
    until_health(EU, 200, "healthy")
  end

  def test_a_note_and_a_session_go_with_their_user
    reply = ask(US, "POST", "/session", json: { name: "Ada" })
    cookie = reply["Set-Cookie"]
    assert_match(/; secure; HttpOnly; SameSite=Lax\z/i, cookie)
    headers = { "Cookie" => cookie[/\A[^;]+/] }
    status, note = json(US, "PUT", "/notes/n1", json: { text: "hello" }, headers: headers)
    assert_equal [200, "Ada", "us-east-1"], [status, note["author"], note["region"]]
    assert_equal [200, { "name" => "Ada" }], json(EU, "GET", "/session", headers: headers)
    assert_equal "hello", json(US, "GET", "/notes/n1")[1]["text"]
    eventually("the note is in eu-central") { ask(EU, "GET", "/notes/n1").code == "200" }
    assert_equal "Ada", json(EU, "GET", "/notes/n1")[1]["author"]
    assert_equal "404", ask(US, "GET", "/notes/none").code
  end

  # What is not there is not kept in the cache: that would be for a minute.
  def test_a_note_that_was_asked_for_too_early
    assert_equal "404", ask(US, "GET", "/notes/n2").code
    assert_equal "200", ask(EU, "PUT", "/notes/n2", json: { text: "late" }).code
    eventually("the note is in us-east", 40) { ask(US, "GET", "/notes/n2").code == "200" }
  end

  def test_uploads_lie_in_the_region_s_own_bucket
    _, put = json(US, "PUT", "/uploads/a%20b.png", json: {})
    assert_match(%r{\Ahttps://us-east-1\.linodeobjects\.com/my-app-uploads-us-east/a%20b\.png\?},
                 put["put"])
    assert_match(/X-Amz-Credential=bucket-key%2F\d{8}%2Fus-east-1%2Fs3%2F/, put["put"])
    eventually("eu-central knows it") { ask(EU, "GET", "/uploads/a%20b.png").code == "200" }
    assert_match(/my-app-uploads-us-east/, json(EU, "GET", "/uploads/a%20b.png")[1]["get"])
    assert_equal "404", ask(US, "PUT", "/uploads/..", json: {}).code
    assert_match(/my-app-uploads-eu-central/, json(EU, "PUT", "/uploads/c", json: {})[1]["put"])
  end

  def test_what_one_region_may_do_is_done_by_that_one
    @world.role(US, "held")
    @world.role(EU, "elsewhere", traffic: US)
    status, closing = json(US, "POST", "/closings", json: { day: "d1" })
    assert_equal [200, "us-east-1", 3], [status, closing["region"], closing["epoch"]]
    assert_includes 1..120, closing["left"]
    assert_equal true, json(US, "GET", "/")[1]["active"]
    @world.role(EU, "pending", traffic: nil, age: nil)
    eventually("eu-central sheds nobody") { ask(EU, "GET", "/").code == "200" }
    status, refusal = json(EU, "POST", "/closings", json: { day: "d2" })
    assert_equal 409, status
    assert_match(/\Aapp: not active here: no region may yet/, refusal["error"])
    assert_equal "404", ask(EU, "GET", "/closings/d2").code
  end

  def test_a_lease_that_is_about_to_end_begins_nothing
    @world.role(US, "held", lease: 4)
    status, refusal = json(US, "POST", "/closings", json: { day: "d3" })
    assert_equal 409, status
    assert_match(/s are left, 5 s are wanted\z/, refusal["error"])
  end

  # The region before comes late: its lease is of an epoch that is over.
  def test_what_a_later_epoch_has_written_stays
    @world.role(US, "held", epoch: 3)
    2.times { assert_equal 200, json(US, "POST", "/closings", json: { day: "d6" })[0] }
    @world.role(US, "held", epoch: 2)
    assert_equal [409, { "error" => "a later epoch has closed it" }],
                 json(US, "POST", "/closings", json: { day: "d6" })
    @world.role(US, "held", epoch: 4)
    assert_equal 4, json(US, "POST", "/closings", json: { day: "d6" })[1]["epoch"]
  end

  def test_jobs_run_under_the_lease_and_wait_otherwise
    before = @world.redis("zcard", "schedule").to_i
    assert_equal "202", ask(US, "POST", "/closings", json: { day: "d4", later: true }).code
    eventually("the job is put back") { @world.redis("zcard", "schedule").to_i == before + 1 }
    assert_equal "404", ask(US, "GET", "/closings/d4").code
    @world.role(US, "held")
    assert_equal "202", ask(US, "POST", "/closings", json: { day: "d5", later: true }).code
    eventually("the job is done") { ask(US, "GET", "/closings/d5").code == "200" }
    assert_equal "0", @world.redis("zcard", "retry")
  end

  def test_who_stays_after_users_have_left_is_sent_away
    assert_equal "200", ask(EU, "GET", "/").code
    @world.role(EU, "elsewhere", traffic: US, age: 1000)
    reply = eventually("421") { ask(EU, "GET", "/").then { |found| found if found.code == "421" } }
    assert_equal "close", reply["Connection"]
    assert_equal "200", ask(EU, "GET", "/up").code
    eventually("its health is asked as ever") { health(EU)[0] == 200 }
    @world.role(EU, "held")
    eventually("served again") { ask(EU, "GET", "/").code == "200" }
  end

  def test_it_does_not_start_without_a_region_of_its_own
    { "none" => [nil, /AWS_REGION: found ""/],
      "other" => ["ap-south-1", %r{config/regions\.yml has no ap-south-1}] }
      .each do |name, (region, why)|
        @world.processes.start(name, "puma", "-C", "config/puma.rb", "config.ru",
                               env: @world.environment(US, AWS_REGION: region, BIND: "127.0.0.1:0"),
                               chdir: RailsWorld::APP)
        status = eventually("#{name} ends") { @world.processes.ended(name) }
        refute status.success?, name
        assert_match why, @world.processes.log(name)
      end
  end
end
