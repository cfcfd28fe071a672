# frozen_string_literal: true

require "signalbox"

module Signalbox
  # Server middleware of Sidekiq: jobs that only one region may do are run while this host holds
  # the lease, and put back for later otherwise.
  #
  #   Sidekiq.configure_server do |config|
  #     config.server_middleware { |chain| chain.add Signalbox::SidekiqExclusive }
  #   end
  #   class CloseDay
  #     include Sidekiq::Job
  #     sidekiq_options signalbox: "exclusive"
  #   end
  #
  # In the job: `Signalbox.lease.check!` between steps.
  class SidekiqExclusive
    # `otherwise`: "reschedule" puts the job back for `again` seconds later, without counting it as
    # a failure; "raise" fails it with NotActive, so that Sidekiq's own retries count. Sidekiq hands
    # over what `chain.add` was given as one hash.
    def initialize(given = {}, **options)
      take(**given.merge(options))
    end

    # What Sidekiq sets and reads.
    attr_accessor :config

    def call(worker, job, queue, &work)
      return yield unless exclusive?(worker, job)

      begun = false
      begin
        Signalbox.exclusive(@service, **wish) do
          begun = true
          work.call
        end
      rescue NotActive => error
        raise if begun || @otherwise == "raise"

        put_back(job, queue, error)
      end
    end

    private

    def take(service: nil, at_least: nil, otherwise: "reschedule", again: 60)
      unless %w[reschedule raise].include?(otherwise.to_s)
        raise ConfigurationError, "otherwise: found #{otherwise}; accepted: reschedule, raise"
      end

      @service = service
      @at_least = at_least
      @otherwise = otherwise.to_s
      @again = Configuration.seconds("again", again, 1..86_400)
    end

    def wish
      @at_least ? { at_least: @at_least } : {}
    end

    # By what the job was queued with, or by what its class says now: the release that queued it
    # may not have known.
    def exclusive?(worker, job)
      wrapped = job["wrapped"]
      wrapped = Object.const_get(wrapped) if wrapped.is_a?(String)
      classes = [worker.class, wrapped].select { |type| type.respond_to?(:get_sidekiq_options) }
      words = [job["signalbox"]] + classes.map { |type| type.get_sidekiq_options["signalbox"] }
      words.any? { |word| word.to_s == "exclusive" }
    rescue NameError
      job["signalbox"].to_s == "exclusive"
    end

    # Before the job is given up: it may be there twice, and is never lost.
    def put_back(job, queue, error)
      later = job.merge("queue" => queue, "at" => Time.now.to_f + @again)
      ::Sidekiq::Client.push(later)
      Signalbox.configuration.logger&.info("#{job["class"]} is put back: #{error.message}")
      nil
    end
  end
end
