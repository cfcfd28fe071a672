# frozen_string_literal: true

require "signalbox/version"
require "signalbox/errors"
require "signalbox/clock"
require "signalbox/configuration"
require "signalbox/agent"
require "signalbox/role"
require "signalbox/lease"
require "signalbox/role_watch"
require "signalbox/taken_sockets"
require "signalbox/health"
require "signalbox/middleware/probes"
require "signalbox/middleware/shed"

# What an app on a Signalbox host goes by: in which region it is, and whether it may do work that
# only one region may do. Nothing here acts on a guess: what is not known for certain is no.
module Signalbox
  @configuration = Configuration.new
  @health = Health.new(@configuration)

  class << self
    attr_reader :configuration, :health

    # Gives the configuration to a block.
    def configure
      yield configuration
    end

    # The AWS region's id, as AWS_REGION says; RegionError without one. There is no default: it
    # would be another continent's table.
    def region(env = ENV)
      found = env["AWS_REGION"].to_s
      return found if found.match?(/\A[a-z]{2,4}(-[a-z]+)+-\d{1,2}\z/)

      raise RegionError,
            "AWS_REGION: found #{found.inspect}; accepted: an AWS region's id, as us-east-1"
    end

    # Asks the agent. Never raises: without an answer the role is unknown, and says why.
    def role(service = nil)
      service = (service || configuration.service)&.to_s
      return Role.unknown("the agent is not asked: off", service: service) unless
        configuration.place

      asked = Clock.now
      document = Agent.new(configuration.place, configuration.timeout).get("/role")
      Role.read(document, service: service, asked: asked, stale_after: configuration.stale_after)
    rescue Agent::Silent => error
      Role.unknown(error.message, service: service)
    end

    # Whether this host may do work that only one region may do, now.
    def active?(service = nil)
      role(service).active?
    end

    # Runs the block while this host holds the lease, with the Lease; raises NotActive otherwise,
    # and where less than `at_least` seconds are left. Gives what the block gives.
    def exclusive(service = nil, at_least: configuration.at_least)
      Configuration.seconds("at_least", at_least, 0..Role::MAX_LEASE)
      role = role(service)
      raise NotActive, role unless role.active?

      if role.left < at_least
        raise NotActive.new(role, "#{role.left.floor} s are left, #{at_least} s are wanted")
      end

      with(Lease.new(role) { self.role(role.service) }) { |lease| yield lease }
    end

    # The lease that the running block of `exclusive` was given; nil outside of one.
    def lease
      Thread.current[:signalbox_lease]
    end

    private

    def with(lease)
      outer = Thread.current[:signalbox_lease]
      Thread.current[:signalbox_lease] = lease
      result = yield lease
      unless lease.lost? || lease.left.positive?
        configuration.logger&.warn("#{lease.service}: exclusive work outlived its lease")
      end
      result
    ensure
      Thread.current[:signalbox_lease] = outer
    end
  end
end
