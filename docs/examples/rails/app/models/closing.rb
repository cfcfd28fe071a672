# frozen_string_literal: true

# The end of a day, which one region only may close.
class Closing
  class << self
    # Under the lease; raises Signalbox::NotActive otherwise. Doing it twice is doing it once, and
    # what a later epoch has written stays.
    def close(day)
      Signalbox.exclusive(at_least: 5) do |lease|
        item = { "id" => "closing##{day}", "region" => Signalbox.region, "epoch" => lease.epoch }
        lease.check!
        Table.put(item, condition_expression: "attribute_not_exists(id) OR epoch <= :epoch",
                        expression_attribute_values: { ":epoch" => lease.epoch })
        item.merge("left" => lease.left.floor)
      end
    end

    def find(day)
      Table.get("closing##{day}")
    end
  end
end
