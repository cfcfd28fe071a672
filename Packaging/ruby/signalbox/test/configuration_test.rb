# frozen_string_literal: true

require "helper"

class ConfigurationTest < SignalboxTest
  def test_the_region_has_no_default
    assert_equal "eu-central-1", Signalbox.region("AWS_REGION" => "eu-central-1")
    assert_equal "us-gov-west-1", Signalbox.region("AWS_REGION" => "us-gov-west-1")
    [nil, "", "us-east", "us-east-1 ", "US-EAST-1", "us-east-1\nx", "eu"].each do |text|
      error = assert_raises(Signalbox::RegionError) { Signalbox.region({ "AWS_REGION" => text }) }
      assert_includes error.message, "AWS_REGION: found #{text.to_s.inspect}"
    end
    assert_raises(Signalbox::RegionError) { Signalbox.region("AWS_DEFAULT_REGION" => "us-east-1") }
  end

  def test_what_the_environment_says
    found = Signalbox::Configuration.new("SIGNALBOX_AGENT" => "127.0.0.9:99",
                                         "SIGNALBOX_SERVICE" => "shop")
    assert_equal [["127.0.0.9", 99], "shop"], [found.place, found.service]
    assert_equal 2.5, Signalbox::Configuration.new("SIGNALBOX_TIMEOUT" => "2.5").timeout
    assert_raises(Signalbox::ConfigurationError) do
      Signalbox::Configuration.new("SIGNALBOX_TIMEOUT" => "2 s")
    end
    default = Signalbox::Configuration.new({})
    assert_equal 0.5, default.timeout
    assert_equal ["127.0.0.1", 8620], default.place
    assert_nil default.service
    assert_nil Signalbox::Configuration.new("SIGNALBOX_AGENT" => "off").place
  end

  def test_places
    assert_equal ["::1", 1], Signalbox::Configuration.place("[::1]:1")
    assert_equal ["127.0.0.1", 65_535], Signalbox::Configuration.place("localhost:65535")
    ["", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "agent.example:8620", "::1:8620",
     "http://127.0.0.1:8620", "127.0.0.1:8620\n", "999.0.0.1:8620", "[::1]"].each do |text|
      error = assert_raises(Signalbox::ConfigurationError, text) { configuration.agent = text }
      assert_includes error.message, "accepted: an IP address and a port"
    end
  end

  def test_bounds
    assert_raises(Signalbox::ConfigurationError) { configuration.timeout = 0 }
    assert_raises(Signalbox::ConfigurationError) { configuration.timeout = "1" }
    assert_raises(Signalbox::ConfigurationError) { configuration.stale_after = 3601 }
    assert_raises(Signalbox::ConfigurationError) { configuration.at_least = -1 }
    assert_raises(Signalbox::ConfigurationError) { configuration.at_least = Float::NAN }
  end

  def test_configure
    Signalbox.configure { |found| found.release = "r1" }
    assert_equal "r1", configuration.release
  end
end
