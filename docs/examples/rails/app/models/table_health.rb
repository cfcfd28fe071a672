# frozen_string_literal: true

require "securerandom"

# What /health asks the table.
class TableHealth
  # Seconds. Agents ask /health every two, so every region writes all the time.
  LIMIT = Integer(ENV.fetch("REPLICATION_LIMIT", "60"))

  class << self
    # The replica takes a write, and a consistent read gives it back: or what another host of this
    # region has written since, but not what was there before.
    def write_and_read
      nonce = SecureRandom.hex(8)
      now = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
      before = Table.put({ "id" => id(Signalbox.region), "nonce" => nonce, "at" => now })
      found = Table.get(id(Signalbox.region), consistent: true)
      raise Signalbox::Unhealthy, "what was written is not there" unless found

      nonces = [found, before].compact.map { |item| item["nonce"] }
      raise Signalbox::Unhealthy, "the write is acknowledged, and not there" if
        nonces.size == 2 && nonces.uniq.size == 1
    end

    # What the other regions write arrives here. A replica that answers and has stood still for an
    # hour is what loses writes.
    def recency
      now = Time.now.to_f
      late = (Rails.configuration.x.regions - [Signalbox.region]).filter_map do |region|
        item = Table.get(id(region))
        age = item && now - item["at"].to_f / 1000
        next "nothing was ever seen of #{region}" unless age

        "the newest of #{region} is #{age.floor} s old" if age > LIMIT
      end
      raise Signalbox::Unhealthy, late.join("; ") unless late.empty?
    end

    private

    def id(region)
      "health##{region}"
    end
  end
end
