# frozen_string_literal: true

require "helper"
require "signalbox/sidekiq_exclusive"

begin
  require "sidekiq"
  require "sidekiq/testing"
rescue LoadError
  warn "no Sidekiq here: its middleware is not tested"
end

# Sidekiq's own middleware chain and its own client, with its queue in memory.
class SidekiqTest < SignalboxTest
  DONE = []

  if defined?(Sidekiq)
    class CloseDay
      include Sidekiq::Worker
      sidekiq_options signalbox: "exclusive", queue: "slow"

      def perform(day)
        Signalbox.lease.check! if day == "checked"
        DONE << [day, Signalbox.lease&.epoch]
      end
    end

    class Any
      include Sidekiq::Worker

      def perform(day)
        DONE << [day, Signalbox.lease&.epoch]
      end
    end
  end

  def setup
    super
    skip "no Sidekiq here" unless defined?(Sidekiq)
    DONE.clear
    Sidekiq::Queues.clear_all
    add
  end

  def add(**options)
    Sidekiq::Testing.server_middleware do |chain|
      chain.clear
      options.empty? ? chain.add(Signalbox::SidekiqExclusive) :
        chain.add(Signalbox::SidekiqExclusive, **options)
    end
  end

  def test_it_runs_under_the_lease
    agent(fixture("held"))
    CloseDay.perform_async("monday")
    CloseDay.perform_one
    assert_equal [["monday", 2]], DONE
    assert_empty CloseDay.jobs
  end

  def test_it_is_put_back_otherwise
    agent(fixture("elsewhere"))
    CloseDay.perform_async("monday")
    job = CloseDay.jobs.first
    before = Time.now.to_f
    CloseDay.perform_one
    assert_empty DONE
    later = CloseDay.jobs
    assert_equal 1, later.size
    assert_equal job.slice("jid", "args", "class", "queue", "retry"),
                 later[0].slice("jid", "args", "class", "queue", "retry")
    assert_in_delta before + 60, later[0]["at"], 30
    assert_match(/CloseDay is put back: app: not active here: eu-central holds/, @words.string)
  end

  def test_without_an_agent_it_is_put_back
    configuration.agent = "off"
    add(again: 5, service: "app")
    CloseDay.perform_async("monday")
    CloseDay.perform_one
    assert_empty DONE
    assert_equal 1, CloseDay.jobs.size
  end

  def test_or_it_fails
    agent(fixture("pending"))
    add(otherwise: "raise")
    CloseDay.perform_async("monday")
    assert_raises(Signalbox::NotActive) { CloseDay.perform_one }
    assert_empty DONE
  end

  def test_enough_has_to_be_left
    agent(fixture("held"))
    add(at_least: 600)
    CloseDay.perform_async("monday")
    CloseDay.perform_one
    assert_equal [0, 1], [DONE.size, CloseDay.jobs.size]
  end

  # Half of it is done: that is a failure, and Sidekiq's retries are for that.
  def test_a_lease_lost_on_the_way_fails_the_job
    bodies = [fixture("held"), fixture("elsewhere")]
    agent { bodies.size > 1 ? bodies.shift : bodies.first }
    CloseDay.perform_async("checked")
    assert_raises(Signalbox::LeaseLost) { CloseDay.perform_one }
    assert_empty CloseDay.jobs
  end

  def test_other_jobs_ask_nobody
    configuration.agent = "off"
    Any.perform_async("tuesday")
    Any.perform_one
    assert_equal [["tuesday", nil]], DONE
  end

  def test_the_queued_word_counts_and_so_does_the_class_s
    configuration.agent = "off"
    Any.set("signalbox" => "exclusive").perform_async("tuesday")
    Any.perform_one
    CloseDay.perform_async("monday")
    CloseDay.jobs.first.delete("signalbox")
    Sidekiq::Queues["slow"].each { |job| job.delete("signalbox") }
    CloseDay.perform_one
    assert_empty DONE
  end

  def test_active_job_s_wrapped_class_is_asked
    configuration.agent = "off"
    middleware = Signalbox::SidekiqExclusive.new
    job = { "class" => "Wrapper", "wrapped" => "SidekiqTest::CloseDay", "args" => [], "jid" => "1" }
    middleware.call(Object.new, job, "slow") { flunk }
    assert_equal 1, Sidekiq::Queues["slow"].size
    gone = job.merge("wrapped" => "No::Such")
    assert_equal :ran, middleware.call(Object.new, gone, "slow") { :ran }
  end

  def test_what_cannot_be_meant
    [{ otherwise: "maybe" }, { again: 0 }].each do |options|
      assert_raises(Signalbox::ConfigurationError) { Signalbox::SidekiqExclusive.new(**options) }
    end
  end
end
