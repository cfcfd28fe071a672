# frozen_string_literal: true

# Redis is the region's own (REDIS_URL): jobs do not move with users.
Sidekiq.configure_server do |config|
  config.server_middleware do |chain|
    chain.add Signalbox::SidekiqExclusive, again: Integer(ENV.fetch("EXCLUSIVE_AGAIN", "60"))
  end
end
