# frozen_string_literal: true

module Signalbox
  # The role as it was heard of late, for those who must not wait for it: a request is answered by
  # what is known, and somebody else asks the agent meanwhile.
  class RoleWatch
    # `every`: how old an answer gets before the agent is asked again; after `limit` it counts for
    # nothing. `ask` gives a Role.
    def initialize(every: 2, limit: 15, &ask)
      @every = every
      @limit = limit
      @ask = ask
      @lock = Mutex.new
    end

    # Never waits for the agent.
    def role
      @lock.synchronize do
        now = Clock.now
        refresh(now) if @begun.nil? || now - @begun >= @every
        next Role.unknown("the agent was not asked yet") unless @role

        now - @begun_role <= @limit ? @role : Role.unknown("the agent's answer is old")
      end
    end

    private

    # A thread of before a fork is not alive in the child.
    def refresh(now)
      return if @asking&.alive?

      @begun = now
      @asking = Thread.new do
        role = @ask.call
        @lock.synchronize { @role, @begun_role = role, now }
      end
      @asking.report_on_exception = false
    end
  end
end
