# frozen_string_literal: true

# Queued in every region perhaps, run in the one that holds the lease.
class CloseDayJob
  include Sidekiq::Worker
  sidekiq_options signalbox: "exclusive"

  def perform(day)
    Closing.close(day)
  end
end
