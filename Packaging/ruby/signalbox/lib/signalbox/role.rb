# frozen_string_literal: true

module Signalbox
  # What this host may do for a service, as the agent said when it was asked, or why that is not
  # known. Never raises: whatever is not known for certain is no permission.
  #
  # The fields are those of `HostRole` in Sources/Wire/LocalAPI.swift.
  class Role
    # What the agent may say of exclusive work; `unknown` is ours.
    STATES = %w[held elsewhere pending lapsed none].freeze
    # No lease is longer: `lease` in coordinator.toml.
    MAX_LEASE = 3600

    # An answer that cannot be meant.
    class Garbled < Error; end

    # The service's name; nil where it is not known which one is meant.
    attr_reader :service
    # The Linode id of this host's region; nil while nothing is known.
    attr_reader :region
    # Rises with each move; a conditional write that names it fences work on a table with strong
    # consistency.
    attr_reader :epoch
    # `held`, `elsewhere`, `pending`, `lapsed`, `none`, or `unknown`.
    attr_reader :state
    # The region that may do exclusive work, where one may.
    attr_reader :holder
    # Where DNS points, as it was last heard; nil while that is no single region.
    attr_reader :traffic

    # Of a whole answer to a question that was asked at `asked`.
    def self.read(document, service:, asked:, stale_after:)
      new.tap { |role| role.send(:fill, document, service, asked, stale_after) }
    rescue Garbled => error
      unknown(error.message, service: service)
    end

    # Nothing is known, and why.
    def self.unknown(why, service: nil)
      new.tap { |role| role.send(:forget, why, service) }
    end

    # Whether anything is known.
    def known?
      state != "unknown"
    end

    # Whether this host may do work that only one region may do, now.
    def active?
      left.positive?
    end

    # Seconds that are left of this host's lease; 0 without one. They are counted from before the
    # agent was asked: never more than the agent counts.
    def left
      return 0 unless @until

      [@until - Clock.now, 0].max
    end

    # Whether DNS points at this host's region: true or false; nil where nobody knows.
    def users_here?
      return nil unless fresh?

      traffic.nil? ? nil : @here
    end

    # For how many seconds DNS has pointed at another region; nil where it does not, and where
    # nobody knows.
    def users_gone_for
      return nil unless users_here? == false && @gone

      @gone + (Clock.now - @asked)
    end

    # Whether a lease is only advice, because the table cannot fence.
    def advisory?
      @advisory != false
    end

    # Why this host is active or not, for people.
    def reason
      return @why unless state == "held"
      return "this region holds the lease, #{left.floor} s are left" if active?

      "the lease has run out"
    end

    def to_s
      "#{service || "?"} #{state}: #{reason}"
    end

    private

    def forget(why, service)
      @service = service
      @state = "unknown"
      @why = why
    end

    def fill(document, service, asked, stale_after)
      @asked = asked
      @stale_after = stale_after
      @region = text(document, "region")
      @advisory = document["advisory"]
      @heard = document.key?("heard_seconds") ? number(document, "heard_seconds") : nil
      pick(document, service)
    end

    def pick(document, service)
      list = document["services"]
      raise Garbled, "the agent's answer lists no services" unless list.is_a?(Array)

      named = list.map { |entry| text(entry, "service") }
      raise Garbled, "the agent names a service twice" if named.uniq.size < named.size

      index = service ? named.index(service) : (0 if named.size == 1)
      return forget(missing(service, named), service) unless index

      take(list[index])
    end

    def missing(service, named)
      return "the agent was told nothing of any service yet" if named.empty?
      return "the agent carries no service #{service}, but #{named.join(", ")}" if service

      "the agent carries #{named.join(", ")}: say which one (SIGNALBOX_SERVICE)"
    end

    def take(entry)
      @service = text(entry, "service")
      @epoch = number(entry, "epoch")
      take_traffic(object(entry, "traffic"))
      exclusive = object(entry, "exclusive")
      state = text(exclusive, "state")
      raise Garbled, "the agent's answer has the state #{state}" unless STATES.include?(state)

      @holder = exclusive.key?("region") ? text(exclusive, "region") : nil
      @until = @asked + lease(exclusive) if state == "held"
      @state = state
      @why = why
    end

    def take_traffic(traffic)
      here = traffic["here"]
      @traffic = traffic.key?("region") ? text(traffic, "region") : nil
      raise Garbled, "the agent contradicts itself on traffic" unless here == (@traffic == @region)

      @here = here
      return if here || @traffic.nil? || !traffic.key?("age_seconds")

      @gone = number(traffic, "age_seconds")
    end

    def lease(exclusive)
      raise Garbled, "the agent holds a lease of nobody's" unless @holder == @region && @heard

      seconds = number(exclusive, "lease_seconds")
      raise Garbled, "no lease is #{seconds} s long" if seconds > MAX_LEASE

      seconds
    end

    def why
      case state
      when "elsewhere" then "#{holder || "another region"} holds the lease"
      when "pending" then "no region may yet: the one before has not given it up for certain"
      when "lapsed" then "this region's lease has run out; the coordinator has not renewed it"
      when "none" then "nothing is leased: the coordinator's `lease` is off, or it was not heard"
      end
    end

    def fresh?
      @heard && @heard + (Clock.now - @asked) <= @stale_after
    end

    def object(document, key)
      value = document[key]
      value.is_a?(Hash) ? value : raise(Garbled, "the agent's answer has no #{key}")
    end

    def text(document, key)
      value = document.is_a?(Hash) ? document[key] : nil
      return value if value.is_a?(String) && value.match?(/\A[a-z0-9-]{1,63}\z/)

      raise Garbled, "the agent's answer has no #{key}"
    end

    def number(document, key)
      value = document[key]
      return value if value.is_a?(Integer) && !value.negative?

      raise Garbled, "the agent's answer has no #{key}"
    end
  end
end
