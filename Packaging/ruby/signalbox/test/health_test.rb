# frozen_string_literal: true

require "helper"

class HealthTest < SignalboxTest
  def setup
    super
    @health = Signalbox::Health.new(configuration, region: -> { "us-east-1" })
    @health.reuse = 0
    @gates = []
  end

  def teardown
    @gates.each { |gate| 99.times { gate << 1 } }
    super
  end

  # A place where a check waits until it is let through.
  def gate
    Queue.new.tap { |gate| @gates << gate }
  end

  def checks
    @health.answer[1]["checks"]
  end

  def test_all_is_well
    configuration.release = "r7"
    @health.check("table") { :anything }
    @health.check("nothing") { nil }
    status, document = @health.answer
    assert_equal 200, status
    assert_equal %w[healthy us-east-1 r7], document.values_at("status", "region", "release")
    assert_equal %w[pass pass], document["checks"].values.map { _1["status"] }
    assert_kind_of Float, document["checks"]["table"]["seconds"]
  end

  def test_one_is_bad
    @health.check("good") { true }
    @health.check("bad") { false }
    status, document = @health.answer
    assert_equal [503, "unhealthy"], [status, document["status"]]
    assert_equal({ "status" => "fail", "reason" => "it says false" },
                 document["checks"]["bad"].slice("status", "reason"))
  end

  def test_what_does_not_count_is_told_only
    @health.check("peers", counts: false) { raise Signalbox::Unhealthy, "eu: 70 s old" }
    status, document = @health.answer
    assert_equal [200, "degraded"], [status, document["status"]]
    assert_equal ["warn", "eu: 70 s old"],
                 document["checks"]["peers"].values_at("status", "reason")
    @health.check("bad") { false }
    assert_equal 503, @health.answer[0]
  end

  # A /health that checks nothing must not look as if it did; and it is no vote.
  def test_without_checks
    assert_equal [200, "unchecked"], [@health.answer[0], @health.answer[1]["status"]]
  end

  def test_messages_of_errors_go_to_the_log_alone
    @health.check("secret") { raise ArgumentError, "key AKIA-SECRET is wrong" }
    @health.check("deep") { raise NotImplementedError, "AKIA-SECRET" }
    @health.check("anonymous") { raise Class.new(StandardError), "AKIA-SECRET" }
    found = @health.answer[1]
    refute_includes JSON.generate(found), "SECRET"
    assert_equal "ArgumentError", found["checks"]["secret"]["reason"]
    assert_equal "NotImplementedError", found["checks"]["deep"]["reason"]
    assert_equal "an error", found["checks"]["anonymous"]["reason"]
    assert_includes @words.string, "health check secret: ArgumentError: key AKIA-SECRET is wrong"
  end

  def test_what_is_said_is_one_short_line
    @health.check("long") { raise Signalbox::Unhealthy, "a\r\nb\xff#{"c" * 999}" }
    assert_equal "a b?#{"c" * 196}", checks["long"]["reason"]
  end

  def test_a_check_that_hangs_is_late_and_is_not_begun_again
    hole = gate
    runs = Queue.new
    @health.check("hangs", timeout: 0.05) { runs << 1; hole.pop }
    @health.check("fine", timeout: 10) { true }
    found = checks
    assert_equal "no answer within 0.05 s", found["hangs"]["reason"]
    assert_equal "pass", found["fine"]["status"]
    3.times { assert_match(/\Astill busy since \d+ s\z/, checks["hangs"]["reason"]) }
    assert_equal 1, runs.size
    hole << 1
    eventually { hole << 1; checks["hangs"]["status"] == "pass" }
  end

  def test_checks_run_beside_each_other
    one, two = gate, gate
    @health.check("one", timeout: 30) { two << 1; one.pop }
    @health.check("two", timeout: 30) { one << 1; two.pop }
    assert_equal 200, @health.answer[0]
  end

  def test_questions_that_come_together_are_one_run
    hole = gate
    runs = Queue.new
    @health.check("slow", timeout: 30) { runs << 1; hole.pop }
    threads = Array.new(8) { Thread.new { @health.answer } }
    eventually { runs.size == 1 && threads.count { _1.status == "sleep" } == 8 }
    hole << 1
    # Who came while it ran is answered by it; whoever was late would wait at the gate.
    hole << 1 while threads.any? { !_1.join(0.01) }
    assert_equal [200], threads.map { _1.value[0] }.uniq
    assert_equal 1, runs.size
  end

  def test_a_result_is_given_out_again_for_a_while
    runs = 0
    @health.check("counted") { runs += 1 }
    @health.reuse = 5
    3.times { @health.answer }
    assert_equal 1, runs
    later(6) { @health.answer }
    assert_equal 2, runs
  end

  def test_a_check_of_the_same_name_takes_its_place
    @health.check("a") { false }
    @health.check(:a) { true }
    assert_equal %w[a], checks.keys
    assert_equal 200, @health.answer[0]
  end

  def test_without_a_region
    health = Signalbox::Health.new(configuration, region: -> { Signalbox.region({}) })
    status, document = health.answer
    assert_equal 503, status
    refute document.key?("region")
    assert_match(/AWS_REGION: found/, document["checks"]["region"]["reason"])
  end

  def test_what_cannot_be_meant
    assert_raises(Signalbox::ConfigurationError) { @health.check("a") }
    assert_raises(Signalbox::ConfigurationError) { @health.check("a", timeout: 31) { true } }
    assert_raises(Signalbox::ConfigurationError) { @health.reuse = 11 }
  end

  def test_a_fork_in_the_middle_of_a_run_blocks_nobody
    hole = gate
    @health.check("slow", timeout: 30) { hole.pop }
    begun = Thread.new { @health.answer }
    eventually { hole.num_waiting == 1 }
    reader, writer = IO.pipe
    child = fork do
      hole << 1
      writer.write(@health.answer[0])
      writer.close
      exit!(0)
    end
    writer.close
    assert reader.wait_readable(30), "the child does not answer"
    assert_equal "200", reader.read
  ensure
    Process.wait(child) if child
    hole << 1
    begun&.join
  end
end
