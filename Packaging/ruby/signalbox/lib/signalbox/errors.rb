# frozen_string_literal: true

module Signalbox
  # All errors of this library.
  class Error < StandardError; end

  # A setting that cannot be meant.
  class ConfigurationError < Error; end

  # AWS_REGION is not set, or is no region's id.
  class RegionError < ConfigurationError; end

  # This host may not do exclusive work now; the message says why.
  class NotActive < Error
    # What the agent said, or why it said nothing.
    attr_reader :role

    def initialize(role, why = role.reason)
      @role = role
      super("#{role.service || "the service"}: not active here: #{why}")
    end
  end

  # The lease that the work was begun under does not stand any more, or nobody confirms it.
  class LeaseLost < NotActive; end

  # Raised by a health check: its message is shown to whoever asks for /health.
  class Unhealthy < Error; end
end
