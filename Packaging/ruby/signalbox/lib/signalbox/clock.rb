# frozen_string_literal: true

module Signalbox
  # Seconds that only go forward. A lease runs on while the host is suspended, as it does in the
  # agent (docs/rules.md, section 13), so the clock is the one that counts from the boot.
  module Clock
    ID = defined?(Process::CLOCK_BOOTTIME) ? Process::CLOCK_BOOTTIME : Process::CLOCK_MONOTONIC

    def self.now
      Process.clock_gettime(ID)
    end
  end
end
