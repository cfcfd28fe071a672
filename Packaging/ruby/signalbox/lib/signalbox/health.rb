# frozen_string_literal: true

module Signalbox
  # The checks that the app registers, and what GET /health answers by them.
  #
  # Each runs in a thread of its own with its own deadline, and is not begun again while it still
  # runs: a check that hangs costs one thread, not one for each question. Questions that come
  # together are answered by one run, as are those that come within `reuse` seconds after it.
  class Health
    # What came of one check.
    Outcome = Struct.new(:word, :seconds, :reason) do
      def to_h
        { "status" => word, "seconds" => seconds&.round(3), "reason" => reason }.compact
      end
    end

    # One registered check.
    class Check
      attr_reader :name, :timeout

      def initialize(name, timeout, counts, configuration, block)
        @name = name
        @timeout = timeout
        @bad = counts ? "fail" : "warn"
        @configuration = configuration
        @block = block
      end

      # Begins it, unless it still runs.
      def start
        @busy = @thread&.alive?
        return if @busy

        @begun = Clock.now
        @outcome = nil
        @thread = Thread.new { @outcome = outcome }
        @thread.report_on_exception = false
      end

      # What came of it, at the latest when its time is over.
      def result
        return Outcome.new(@bad, nil, "still busy since #{age} s") if @busy

        @thread.join([@begun + timeout - Clock.now, 0].max)
        @outcome || Outcome.new(@bad, nil, "no answer within #{timeout} s")
      end

      private

      def age
        (Clock.now - @begun).floor
      end

      def outcome
        begun = Clock.now
        answer = @block.call
        took = Clock.now - begun
        return Outcome.new(@bad, took, "it says false") if answer == false

        Outcome.new("pass", took)
      rescue Unhealthy => error
        Outcome.new(@bad, Clock.now - begun, Health.line(error.message))
      rescue Exception => error # rubocop:disable Lint/RescueException
        # Its message may have anything in it, keys too: that is for the log alone.
        @configuration.logger&.warn("health check #{name}: #{error.class}: #{error.message}")
        Outcome.new(@bad, Clock.now - begun, Health.line(error.class.name || "an error"))
      end
    end

    def initialize(configuration, region: -> { Signalbox.region })
      @configuration = configuration
      @region = region
      @checks = []
      @lock = Mutex.new
      @done = ConditionVariable.new
      self.reuse = 0.5
    end

    # For how long one run's result is given out again, in seconds.
    attr_reader :reuse

    def reuse=(seconds)
      @reuse = Configuration.seconds("reuse", seconds, 0..10)
    end

    # Registers a check. It passes unless its block raises or gives false; raise Unhealthy with a
    # message for whoever reads /health. With `counts: false` a failure is told, but the answer
    # stays 200: for what is not this host's fault.
    def check(name, timeout: 1.0, counts: true, &block)
      raise ConfigurationError, "check #{name} has no block" unless block

      Configuration.seconds("timeout of #{name}", timeout, 0.01..30)
      @lock.synchronize do
        @checks = @checks.reject { |check| check.name == name.to_s }
        @checks += [Check.new(name.to_s, timeout, counts, @configuration, block)]
      end
    end

    # The status and what to say.
    def answer
      checks, mine = join
      return mine unless checks

      finish(run(checks))
    ensure
      finish(nil) if checks && @running.equal?(Thread.current)
    end

    # One printable line.
    def self.line(text)
      text.to_s.scrub("?").gsub(/[^[:print:]]+/, " ")[0, 200]
    end

    private

    # The checks that the caller has to run, or the answer of whoever runs them.
    def join
      @lock.synchronize do
        waited = false
        # Whoever runs them may have gone with a fork.
        while @running&.alive?
          waited = true
          @done.wait(@lock, 0.05)
        end
        return [nil, @answer] if @answer && (waited || Clock.now - @answered < reuse)

        @running = Thread.current
        [@checks, nil]
      end
    end

    def finish(answer)
      @lock.synchronize do
        @answer, @answered = answer, Clock.now
        @running = nil
        @done.broadcast
      end
      answer
    end

    def run(checks)
      checks.each(&:start)
      outcomes = checks.to_h { |check| [check.name, check.result] }
      begin
        region = @region.call
      rescue RegionError => error
        outcomes["region"] = Outcome.new("fail", nil, Health.line(error.message))
      end
      words = outcomes.values.map(&:word)
      [words.include?("fail") ? 503 : 200, document(words, region, outcomes)]
    end

    # `degraded` and `unchecked` are words that the agent tells and that are no vote.
    def document(words, region, outcomes)
      word =
        if words.include?("fail") then "unhealthy"
        elsif words.include?("warn") then "degraded"
        elsif words.empty? then "unchecked"
        else "healthy"
        end
      { "status" => word, "region" => region, "release" => @configuration.release,
        "checks" => outcomes.transform_values(&:to_h) }.compact
    end
  end
end
