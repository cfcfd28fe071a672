# frozen_string_literal: true

Signalbox.configure do |configuration|
  configuration.logger = Rails.logger
  configuration.release = ENV["RELEASE"]
end

# Only the first is this region's own doing: what the other regions write or do not write must not
# take this one down with them.
Signalbox.health.check("table", timeout: 1.0) { TableHealth.write_and_read }
Signalbox.health.check("replication", timeout: 1.0, counts: false) { TableHealth.recency }
