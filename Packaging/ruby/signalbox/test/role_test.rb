# frozen_string_literal: true

require "helper"

# What the agent's answers mean, and that nothing but a whole and fresh one is a permission.
class RoleTest < SignalboxTest
  def test_a_held_lease
    fake = agent(fixture("held"))
    role = Signalbox.role
    assert role.known? && role.active? && Signalbox.active?
    assert_equal %w[app us-east us-east held], [role.service, role.region, role.holder, role.state]
    assert_equal 2, role.epoch
    assert_equal true, role.users_here?
    assert_nil role.users_gone_for
    assert role.advisory?
    assert_operator role.left, :<=, held["services"][0]["exclusive"]["lease_seconds"]
    assert_match(/\Athis region holds the lease, \d+ s are left\z/, role.reason)
    assert_equal "app held: #{role.reason}", role.to_s
    assert_match(%r{\AGET /role HTTP/1\.1\r\nHost: 127\.0\.0\.1:#{fake.port}\r\n}, fake.asked.pop)
  end

  def test_a_lease_runs_out_by_itself
    agent(JSON.generate(held { |_, app| app["exclusive"]["lease_seconds"] = 120 }))
    role = Signalbox.role
    later(100) { assert role.active? }
    later(120) do
      refute role.active?
      assert_equal 0, role.left
      assert_equal "the lease has run out", role.reason
    end
  end

  # The agent has counted from before the answer: so does the reader.
  def test_a_lease_is_counted_from_before_the_question
    document = held { |_, app| app["exclusive"]["lease_seconds"] = 120 }
    now = Signalbox::Clock.now
    role = Signalbox::Role.read(document, service: "app", asked: now - 30, stale_after: 60)
    assert_in_delta 90, role.left, 15
    assert_operator role.left, :<=, 90
    begun = Signalbox::Clock.now
    use(FakeAgent.new { |connection| sleep 0.3; whole(connection, JSON.generate(document)) })
    assert_operator Signalbox.role.instance_variable_get(:@until), :<=, begun + 120 + 0.2
  end

  def test_the_clock_counts_while_the_host_sleeps
    assert_equal Process::CLOCK_BOOTTIME, Signalbox::Clock::ID
  end

  def test_no_other_state_is_a_permission
    reasons = {
      "elsewhere" => "eu-central holds the lease", "pending" => /no region may yet/,
      "lapsed" => /has run out/, "unheard" => "the agent was told nothing of any service yet"
    }
    reasons.each do |name, reason|
      agent(fixture(name))
      role = Signalbox.role
      refute role.active?, name
      assert_equal 0, role.left
      assert_operator reason, :===, role.reason
      assert_equal name == "unheard" ? "unknown" : name, role.state
    end
    agent(JSON.generate(held { |_, app| app["exclusive"] = { "state" => "none" } }))
    refute Signalbox.active?
    assert_match(/nothing is leased/, Signalbox.role.reason)
  end

  def test_less_than_a_second_is_nothing
    agent(JSON.generate(held { |_, app| app["exclusive"]["lease_seconds"] = 0 }))
    refute Signalbox.active?
  end

  # Each of these says "held" somewhere.
  def test_what_cannot_be_meant_is_no_permission
    wrong = {
      "text for a number" => ->(_, app) { app["exclusive"]["lease_seconds"] = "11" },
      "a fraction" => ->(_, app) { app["exclusive"]["lease_seconds"] = 11.5 },
      "less than nothing" => ->(_, app) { app["exclusive"]["lease_seconds"] = -1 },
      "longer than any lease" => ->(_, app) { app["exclusive"]["lease_seconds"] = 3601 },
      "no time" => ->(_, app) { app["exclusive"].delete("lease_seconds") },
      "another region's lease" => ->(_, app) { app["exclusive"]["region"] = "eu-central" },
      "nobody's lease" => ->(_, app) { app["exclusive"].delete("region") },
      "another word" => ->(_, app) { app["exclusive"]["state"] = "holding" },
      "a word of another case" => ->(_, app) { app["exclusive"]["state"] = "HELD" },
      "no epoch" => ->(_, app) { app.delete("epoch") },
      "no traffic" => ->(_, app) { app.delete("traffic") },
      "traffic here, but there" => ->(_, app) { app["traffic"]["region"] = "eu-central" },
      "here as a word" => ->(_, app) { app["traffic"]["here"] = "true" },
      "no exclusive" => ->(_, app) { app["exclusive"] = "held" },
      "never heard" => ->(all, _) { all.delete("heard_seconds") },
      "no region" => ->(all, _) { all.delete("region") },
      "an odd region" => ->(all, _) { all["region"] = "us-east\r\nX: y" },
      "an odd region in all places" => lambda do |all, app|
        all["region"] = app["traffic"]["region"] = app["exclusive"]["region"] = "us-east\nactive"
      end,
      "no list" => ->(all, app) { all["services"] = { "app" => app } },
      "two of a name" => ->(all, app) { all["services"] = [app, app.dup] },
      "a list of words" => ->(all, _) { all["services"] = ["app"] }
    }
    wrong.each do |name, change|
      agent(JSON.generate(held(&change)))
      role = Signalbox.role("app")
      refute role.active?, name
      assert_equal "unknown", role.state, name
      refute_empty role.reason, name
      assert_nil role.users_here?, name
    end
  end

  # Seeded by the runner: --seed N plays the same again.
  def test_whatever_is_changed_it_never_raises_and_permits_only_what_is_whole
    random = Random.new(Minitest.seed || 1)
    odd = [nil, true, false, "", "held", "us-east", "\u0000", 0, -1, 1.5, 10**30, [], {}, [{}]]
    permitted = 0
    3000.times do
      document = held
      random.rand(1..3).times { change(document, odd, random) }
      role = Signalbox::Role.read(document, service: "app", asked: Signalbox::Clock.now,
                                            stale_after: 60)
      next unless role.active?

      permitted += 1
      app = document["services"].find { |entry| entry["service"] == "app" }
      assert_equal ["held", document["region"]], app["exclusive"].values_at("state", "region")
      assert_includes 1..3600, app["exclusive"]["lease_seconds"]
      assert_kind_of Integer, document["heard_seconds"]
    end
    assert_operator permitted, :>, 0
  end

  def test_keys_of_a_newer_agent_are_left_alone
    agent(JSON.generate(held { |all, app| all["new"] = app["newer"] = { "a" => 1 } }))
    assert Signalbox.active?
  end

  def test_with_several_services_one_has_to_be_named
    agent(JSON.generate(held { |all, app| all["services"] << app.merge("service" => "shop") }))
    assert_equal "the agent carries app, shop: say which one (SIGNALBOX_SERVICE)",
                 Signalbox.role.reason
    assert Signalbox.active?("shop")
    assert Signalbox.active?(:app)
    assert_equal "the agent carries no service mail, but app, shop", Signalbox.role("mail").reason
    configuration.service = "shop"
    assert_equal "shop", Signalbox.role.service
  end

  def test_where_users_are
    agent(JSON.generate(gone(400)))
    role = Signalbox.role
    assert_equal false, role.users_here?
    assert_equal "eu-central", role.traffic
    assert_in_delta 400, role.users_gone_for, 15
    later(30) { assert_operator role.users_gone_for, :>=, 430 }
  end

  def test_where_users_are_is_not_known_once_the_coordinator_is_silent
    agent(JSON.generate(gone(4000) { |all| all["heard_seconds"] = 50 }))
    role = Signalbox.role
    assert_equal false, role.users_here?
    later(20) do
      assert_nil role.users_here?
      assert_nil role.users_gone_for
    end
    agent(JSON.generate(gone(4000) { |all| all["heard_seconds"] = 61 }))
    assert_nil Signalbox.role.users_here?
  end

  def test_where_users_are_is_not_known_between_regions
    agent(JSON.generate(gone(4000) { |_, app| app["traffic"].delete("region") }))
    assert_nil Signalbox.role.users_here?
    assert_nil Signalbox.role.users_gone_for
    agent(JSON.generate(gone(4000) { |_, app| app["traffic"].delete("age_seconds") }))
    assert_equal false, Signalbox.role.users_here?
    assert_nil Signalbox.role.users_gone_for
  end

  private

  # One place of the document becomes something else, or goes.
  def change(document, odd, random)
    place = document
    loop do
      key = place.is_a?(Hash) ? place.keys.sample(random: random) : random.rand(place.size)
      inner = place[key]
      if (inner.is_a?(Hash) || inner.is_a?(Array)) && !inner.empty? && random.rand < 0.8
        next place = inner
      end
      break if key.nil?

      gone = random.rand < 0.2 && place.is_a?(Hash)
      break gone ? place.delete(key) : place[key] = odd.sample(random: random)
    end
  end

  def gone(seconds)
    JSON.parse(fixture("elsewhere")).tap do |document|
      document["services"][0]["traffic"]["age_seconds"] = seconds
      yield document, document["services"][0] if block_given?
    end
  end

  def whole(connection, text)
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: #{text.bytesize}\r\n\r\n#{text}")
    connection.close
  end
end
