# frozen_string_literal: true

require_relative "boot"

require "rails"
require "action_controller/railtie"
require "aws-sdk-dynamodb"
require "sidekiq"
require "signalbox"
require "signalbox/sidekiq_exclusive"

module Example
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = true
    config.logger = ActiveSupport::Logger.new($stdout)

    # Without AWS_REGION, or with one that the app has no places for, it does not start: that is
    # seen at the deploy, and not at the first failover.
    places = config_for(:regions)
    config.x.region = Signalbox.region
    config.x.regions = places.keys.map(&:to_s)
    config.x.uploads = places.fetch(config.x.region.to_sym) do
      raise Signalbox::RegionError, "config/regions.yml has no #{config.x.region}"
    end

    # What the NodeBalancer, the agents and the coordinator ask is answered before everything else.
    config.middleware.insert_before 0, Signalbox::Middleware::Probes
    config.middleware.insert_after Signalbox::Middleware::Probes, Signalbox::Middleware::Shed,
                                   how: ENV.fetch("SHED", "off"),
                                   grace: Integer(ENV.fetch("SHED_GRACE", "300"))

    config.force_ssl = true
    config.hosts << ENV.fetch("APP_HOST")

    # The same SECRET_KEY_BASE in every region: a session goes with its user.
    config.session_store :cookie_store, key: "_example", same_site: :lax, secure: true

    # A cache of the region's own, and nothing in it for long: while users were elsewhere nobody
    # told this one what changed.
    kept = { namespace: "example:#{config.x.region}", expires_in: 60 }
    config.cache_store = :memory_store, kept
    config.cache_store = :redis_cache_store, { url: ENV["CACHE_URL"], **kept } if ENV["CACHE_URL"]
  end
end
