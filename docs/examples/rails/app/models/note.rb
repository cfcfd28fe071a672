# frozen_string_literal: true

# A text of a user's. Who writes it names it, so that asking again after a move is no second one.
class Note
  class << self
    def write(id, text, author)
      item = { "id" => "note##{id}", "text" => text, "author" => author,
               "region" => Signalbox.region, "at" => Time.now.to_i }.compact
      Table.put(item)
      Rails.cache.delete(item["id"])
      item
    end

    # What another region wrote in the meantime is seen here a minute later at most.
    def find(id)
      Rails.cache.fetch("note##{id}", skip_nil: true) { Table.get("note##{id}") }
    end
  end
end
