# frozen_string_literal: true

require "ipaddr"
require "logger"

module Signalbox
  # What may be set; everything has a default.
  class Configuration
    # Where the agent answers, as "127.0.0.1:8620" (`listen` in agent.toml), or "off".
    attr_reader :agent
    # The service's name in coordinator.toml; needed where the host carries several.
    attr_accessor :service
    # The longest that one question to the agent may take, in seconds.
    attr_reader :timeout
    # Where DNS points is taken for unknown when the coordinator was not heard for longer.
    attr_reader :stale_after
    # What has to be left of a lease for work to begin, in seconds.
    attr_reader :at_least
    # The release that /health names, where it is set.
    attr_accessor :release
    # Where failures of health checks go with all their words.
    attr_accessor :logger

    def initialize(env = ENV)
      self.agent = env["SIGNALBOX_AGENT"] || "127.0.0.1:8620"
      self.service = env["SIGNALBOX_SERVICE"]
      self.timeout = Float(env["SIGNALBOX_TIMEOUT"] || 0.5, exception: false)
      self.stale_after = 60
      self.at_least = 5
      self.logger = Logger.new($stderr, progname: "signalbox")
    end

    def agent=(text)
      @place = text.to_s == "off" ? nil : Configuration.place(text.to_s)
      @agent = text.to_s
    end

    # The agent's address and port; nil: it is not asked.
    attr_reader :place

    def timeout=(seconds)
      @timeout = Configuration.seconds("timeout", seconds, 0.01..10)
    end

    def stale_after=(seconds)
      @stale_after = Configuration.seconds("stale_after", seconds, 1..3600)
    end

    def at_least=(seconds)
      @at_least = Configuration.seconds("at_least", seconds, 0..3600)
    end

    # A number of seconds within bounds.
    def self.seconds(name, value, range)
      return value if value.is_a?(Numeric) && value.real? && range.cover?(value)

      raise ConfigurationError, "#{name}: found #{value.inspect}; accepted: #{range} seconds"
    end

    # An address and a port. No names but localhost: looking one up may take long, and the agent
    # answers requests for addresses only.
    def self.place(text)
      match = /\A(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:\[\]]+)):(?<port>\d{1,5})\z/.match(text)
      host = match && (match[:six] || match[:host])
      host = "127.0.0.1" if host == "localhost"
      port = match && match[:port].to_i
      IPAddr.new(host) if host
      return [host, port] if host && port.between?(1, 65_535)

      raise ConfigurationError, refusal(text)
    rescue IPAddr::Error
      raise ConfigurationError, refusal(text)
    end

    def self.refusal(text)
      "agent: found #{text.inspect}; accepted: an IP address and a port, as 127.0.0.1:8620, or off"
    end
    private_class_method :refusal
  end
end
