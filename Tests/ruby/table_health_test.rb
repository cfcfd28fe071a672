# frozen_string_literal: true

require "helper"
require "processes"

# The example's checks with tables that do what a real one should not.
class TableHealthTest < Minitest::Test
  Settings = Struct.new(:regions)

  # In place of the app's Table: what it gives before, and what it reads, is said.
  class Shelf
    attr_accessor :before, :reads
    attr_reader :written

    def put(item)
      @written = item
      before
    end

    def get(id, consistent: false)
      reads.respond_to?(:call) ? reads.call(id, consistent) : reads
    end
  end

  def setup
    @shelf = Shelf.new
    # The model is loaded once for each test, with a table and an application of the test's own.
    place = Module.new
    place.const_set(:Table, @shelf)
    settings = Struct.new(:x).new(Settings.new(%w[us-east-1 eu-central-1 ap-south-1]))
    place.const_set(:Rails, Struct.new(:configuration).new(settings))
    path = "#{Processes::ROOT}/docs/examples/rails/app/models/table_health.rb"
    place.module_eval(File.read(path), path)
    @health = place.const_get(:TableHealth)
    @region = ENV["AWS_REGION"]
    ENV["AWS_REGION"] = "us-east-1"
  end

  def teardown
    ENV["AWS_REGION"] = @region
  end

  def says(method)
    @health.public_send(method)
    nil
  rescue Signalbox::Unhealthy => error
    error.message
  end

  def test_what_was_written_is_read
    own = "health#us-east-1"
    @shelf.reads = ->(id, consistent) { consistent && id == own ? @shelf.written : nil }
    assert_nil says(:write_and_read)
    @shelf.before = { "nonce" => "of before" }
    assert_nil says(:write_and_read)
  end

  def test_what_another_host_has_written_since_will_do
    @shelf.before = { "nonce" => "of before" }
    @shelf.reads = { "nonce" => "of another host" }
    assert_nil says(:write_and_read)
  end

  def test_a_write_that_is_not_there
    @shelf.reads = nil
    assert_equal "what was written is not there", says(:write_and_read)
    @shelf.before = @shelf.reads = { "nonce" => "of before" }
    assert_equal "the write is acknowledged, and not there", says(:write_and_read)
  end

  def test_recency
    ages = { "health#eu-central-1" => 59, "health#ap-south-1" => 1 }
    @shelf.reads = lambda do |id, _|
      age = ages.fetch(id)
      age && { "at" => (Time.now.to_f - age) * 1000 }
    end
    assert_nil says(:recency)
    ages["health#eu-central-1"] = 3600
    ages["health#ap-south-1"] = nil
    assert_match(/\Athe newest of eu-central-1 is 3\d\d\d s old; nothing was .+ of ap-south-1\z/,
                 says(:recency))
  end
end
