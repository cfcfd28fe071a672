# frozen_string_literal: true

module Signalbox
  # What `Signalbox.exclusive` hands to its block: for how long the work may go on.
  #
  # A move ends a lease before its time: the agent hears of it, gives the lease up, and another
  # region may have one seconds later. So ask `check!` between the steps of work that takes longer.
  class Lease
    # The service, and the region's epoch: for a conditional write that fences.
    attr_reader :service, :epoch

    def initialize(role, &ask)
      @role = role
      @ask = ask
      @service = role.service
      @epoch = role.epoch
    end

    # Seconds that are left, by what was heard last; asks nobody.
    def left
      @role.left
    end

    # Whether `check!` or `held?` found that it does not stand any more.
    def lost?
      @lost == true
    end

    # Asks the agent anew, and raises LeaseLost unless this host still holds the same lease with
    # so many seconds left. No answer is no permission either.
    def check!(at_least: 0)
      Configuration.seconds("at_least", at_least, 0..Role::MAX_LEASE)
      return refuse(@role, "it was lost before") if @lost

      role = @ask.call
      return lose(role, role.reason) unless role.active?
      return lose(role, "users were moved in between: epoch #{role.epoch}") if role.epoch != epoch

      @role = role
      return self if role.left >= at_least

      refuse(role, "#{left.floor} s are left, #{at_least} s are wanted")
    end

    # Whether `check!` would go on.
    def held?
      check!
      true
    rescue LeaseLost
      false
    end

    private

    def lose(role, why)
      @lost = true
      @role = Role.unknown(why, service: service)
      refuse(role, why)
    end

    def refuse(role, why)
      raise LeaseLost.new(role, why)
    end
  end
end
