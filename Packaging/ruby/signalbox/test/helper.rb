# frozen_string_literal: true

require "minitest/autorun"
require "rack"
require "signalbox"
require "socket"
require "stringio"

# A port that behaves as the agent's does, or as it should not.
class FakeAgent
  attr_reader :port, :asked

  # The block gets a connection whose request was read, and does what it likes with it.
  def initialize(&serve)
    @server = TCPServer.new("127.0.0.1", 0)
    @port = @server.local_address.ip_port
    @serve = serve
    @asked = Queue.new
    @open = Queue.new
    @thread = Thread.new { loop { take(@server.accept) } }
    @thread.report_on_exception = false
  end

  # Answers as the agent does: whole, with a length, and closes.
  def self.answering(body = nil, status: "200 OK", &make)
    new do |connection|
      text = body || make.call
      text = JSON.generate(text) unless text.is_a?(String)
      connection.write("HTTP/1.1 #{status}\r\nContent-Type: application/json\r\n" \
                       "Content-Length: #{text.bytesize}\r\nConnection: close\r\n\r\n#{text}")
      connection.close
    end
  end

  def place
    "127.0.0.1:#{port}"
  end

  def stop
    @thread.kill.join
    @server.close
    @open.pop.close until @open.empty?
  end

  private

  def take(connection)
    Thread.new do
      head = +""
      head << connection.readpartial(4096) until head.include?("\r\n\r\n")
      @asked << head
      @open << connection
      @serve.call(connection)
    rescue SystemCallError, IOError
      nil
    end
  end
end

# What tests of the library share.
class SignalboxTest < Minitest::Test
  FIXTURES = File.expand_path("fixtures", __dir__)

  def setup
    @agents = []
    @words = StringIO.new
    @before = Signalbox.instance_variable_get(:@configuration)
    configuration = Signalbox::Configuration.new({})
    configuration.logger = Logger.new(@words)
    # Deadlines of tests are for a machine that others use too.
    configuration.timeout = 10
    Signalbox.instance_variable_set(:@configuration, configuration)
  end

  def teardown
    @agents.each(&:stop)
    Signalbox.instance_variable_set(:@configuration, @before)
  end

  def configuration
    Signalbox.configuration
  end

  def fixture(name)
    File.read("#{FIXTURES}/#{name}.json")
  end

  # The recorded answer of a region that holds the lease, changed by the block.
  def held
    JSON.parse(fixture("held")).tap do |document|
      yield document, document["services"][0] if block_given?
    end
  end

  def agent(...)
    use(FakeAgent.answering(...))
  end

  def use(fake)
    @agents << fake
    configuration.agent = fake.place
    fake
  end

  # Time as the library sees it, ahead by so many seconds.
  def later(seconds, &block)
    now = Signalbox::Clock.method(:now).unbind.bind(Signalbox::Clock)
    Signalbox::Clock.stub(:now, -> { now.call + seconds }, &block)
  end

  def eventually(seconds = 30)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until (found = yield)
      flunk("not within #{seconds} s") if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit
      sleep 0.01
    end
    found
  end
end

require "minitest/mock"
