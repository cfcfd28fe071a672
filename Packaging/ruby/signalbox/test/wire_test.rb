# frozen_string_literal: true

require "helper"

# The recorded answers have the keys and words of the agent's own source.
class WireTest < Minitest::Test
  SOURCE = File.expand_path("../../../../Sources/Wire/LocalAPI.swift", __dir__)
  FIXTURES = Dir[File.expand_path("fixtures/*.json", __dir__)]

  def setup
    skip "not in the project's tree" unless File.exist?(SOURCE)
    @text = File.read(SOURCE)
  end

  def test_the_recorded_keys_are_the_source_s
    assert_operator FIXTURES.size, :>=, 5
    FIXTURES.each do |path|
      role = JSON.parse(File.read(path))
      keys("HostRole", role)
      role["services"].each do |service|
        keys("ServiceRole", service)
        keys("TrafficRole", service["traffic"])
        keys("ExclusiveRole", service["exclusive"])
      end
    end
  end

  def test_the_states_are_the_source_s
    words = body("ExclusiveRole")[/enum State.*?\n  }/m].scan(/^    case (\w+)$/).flatten
    assert_equal Signalbox::Role::STATES.sort, words.sort
  end

  private

  def body(type)
    @text[/^public struct #{type}:.*?^}/m]
  end

  # What is not optional has to be there, and nothing else may be.
  def keys(type, document)
    fields = body(type).scan(/^  public var (\w+): ([\w\[\]?]+)$/)
    refute_empty fields, type
    names = fields.to_h { |name, kind| [name.gsub(/[A-Z]/) { "_#{_1.downcase}" }, kind] }
    assert_empty document.keys - names.keys, type
    assert_empty names.reject { |_, kind| kind.end_with?("?") }.keys - document.keys, type
  end
end
