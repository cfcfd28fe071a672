# frozen_string_literal: true

require "helper"

class ExclusiveTest < SignalboxTest
  def test_it_runs_while_the_lease_stands
    agent(fixture("held"))
    result = Signalbox.exclusive do |lease|
      assert_same lease, Signalbox.lease
      assert_equal ["app", 2], [lease.service, lease.epoch]
      assert_operator lease.left, :>, 0
      :done
    end
    assert_equal :done, result
    assert_nil Signalbox.lease
    assert_empty @words.string
  end

  def test_it_does_not_run_otherwise
    ran = false
    %w[elsewhere pending lapsed unheard].each do |name|
      agent(fixture(name))
      error = assert_raises(Signalbox::NotActive) { Signalbox.exclusive { ran = true } }
      assert_includes error.message, error.role.reason
    end
    configuration.agent = "off"
    error = assert_raises(Signalbox::NotActive) { Signalbox.exclusive("app") { ran = true } }
    assert_equal "app: not active here: the agent is not asked: off", error.message
    refute ran
  end

  def test_enough_has_to_be_left
    agent(JSON.generate(held { |_, app| app["exclusive"]["lease_seconds"] = 60 }))
    ran = false
    error = assert_raises(Signalbox::NotActive) { Signalbox.exclusive(at_least: 61) { ran = true } }
    assert_match(/\d+ s are left, 61 s are wanted/, error.message)
    refute ran
    assert_equal 1, Signalbox.exclusive(at_least: 1) { 1 }
    agent(JSON.generate(held { |_, app| app["exclusive"]["lease_seconds"] = 4 }))
    assert_raises(Signalbox::NotActive) { Signalbox.exclusive { ran = true } }
    refute ran
    assert_raises(Signalbox::ConfigurationError) { Signalbox.exclusive(at_least: nil) { fail } }
  end

  # The answers one after the other; the last one stays.
  def answers(*list)
    agent { list.size > 1 ? list.shift : list.first }
  end

  def with_lease(seconds, epoch = 2)
    held do |_, app|
      app["exclusive"]["lease_seconds"] = seconds
      app["epoch"] = epoch
    end
  end

  def test_a_lease_is_asked_about_anew
    answers(with_lease(20), with_lease(120), with_lease(90))
    Signalbox.exclusive do |lease|
      assert_operator lease.left, :<=, 20
      assert_same lease, lease.check!
      assert_operator lease.left, :>, 20
      assert lease.held?
      assert_raises(Signalbox::ConfigurationError) { lease.check!(at_least: "5") }
    end
  end

  def test_a_lease_that_another_region_has_now_is_lost
    answers(with_lease(120), fixture("elsewhere"), with_lease(120))
    Signalbox.exclusive do |lease|
      error = assert_raises(Signalbox::LeaseLost) { lease.check! }
      assert_match(/eu-central holds the lease/, error.message)
      assert_equal 0, lease.left
      assert lease.lost?
      # Also when it is held again: another region may have worked in between.
      assert_raises(Signalbox::LeaseLost) { lease.check! }
      refute lease.held?
    end
    assert_empty @words.string
  end

  def test_a_lease_of_another_epoch_is_another_lease
    answers(with_lease(120, 2), with_lease(120, 4))
    Signalbox.exclusive do |lease|
      error = assert_raises(Signalbox::LeaseLost) { lease.check! }
      assert_match(/users were moved in between: epoch 4/, error.message)
      assert_equal 0, lease.left
    end
  end

  def test_silence_confirms_nothing
    agent(with_lease(120))
    Signalbox.exclusive do |lease|
      configuration.agent = "off"
      error = assert_raises(Signalbox::LeaseLost) { lease.check! }
      assert_equal "app: not active here: the agent is not asked: off", error.message
      refute lease.held?
      assert_equal 0, lease.left
    end
  end

  def test_what_is_left_can_be_too_little_without_the_lease_being_lost
    answers(with_lease(30))
    Signalbox.exclusive do |lease|
      assert_raises(Signalbox::LeaseLost) { lease.check!(at_least: 31) }
      assert lease.check!(at_least: 1)
    end
  end

  def test_work_that_outlives_its_lease_is_told
    agent(with_lease(10))
    clock = Signalbox::Clock.now
    Signalbox::Clock.stub(:now, -> { clock }) do
      Signalbox.exclusive { clock += 11 }
    end
    assert_match(/app: exclusive work outlived its lease/, @words.string)
  end

  def test_one_within_another
    agent(with_lease(120))
    Signalbox.exclusive do |outer|
      Signalbox.exclusive { |inner| assert_same inner, Signalbox.lease }
      assert_same outer, Signalbox.lease
    end
    assert_raises(IOError) { Signalbox.exclusive { raise IOError } }
    assert_nil Signalbox.lease
  end
end
