# frozen_string_literal: true

module Signalbox
  # The role as it was heard of late, for those who must not wait for it: a request is answered by
  # what is known, and somebody else asks the agent meanwhile, from the first request on. Also while
  # none comes: where users have left, the few who stay may ask once a minute.
  class RoleWatch
    # `every`: how long between two questions; after `limit` an answer counts for nothing. `ask`
    # gives a Role.
    def initialize(every: 2, limit: 15, &ask)
      @every = every
      @limit = limit
      @ask = ask
      @lock = Mutex.new
    end

    # Never waits for the agent.
    def role
      @lock.synchronize do
        begin_asking
        next Role.unknown("the agent was not asked yet") unless @role

        Clock.now - @begun <= @limit ? @role : Role.unknown("the agent's answer is old")
      end
    end

    private

    # A thread of before a fork is not alive in the child.
    def begin_asking
      return if @asking&.alive?

      @asking = Thread.new { keep_asking }
      @asking.report_on_exception = false
    end

    def keep_asking
      loop do
        begun = Clock.now
        role = @ask.call
        @lock.synchronize { @role, @begun = role, begun }
        sleep @every
      end
    end
  end
end
