# frozen_string_literal: true

# The global table, at this region's replica.
class Table
  NAME = ENV.fetch("TABLE", "my-app-data")
  # A replica that does not answer costs a request three seconds at most.
  PATIENCE = { http_open_timeout: 0.5, retry_mode: "standard", max_attempts: 2,
               http_read_timeout: Float(ENV.fetch("TABLE_TIMEOUT", "1")) }.freeze

  @lock = Mutex.new

  class << self
    # One for each process: it keeps connections, and threads may share it. It is made at first
    # use, because a connection must not be shared by the processes that puma forks.
    def client
      @lock.synchronize do
        @client = nil unless @pid == Process.pid
        @pid = Process.pid
        @client ||= Aws::DynamoDB::Client.new(region: Signalbox.region, **PATIENCE, **endpoint)
      end
    end

    # Gives what was there before.
    def put(item, **condition)
      client.put_item(table_name: NAME, item: item, return_values: "ALL_OLD", **condition)
            .attributes
    end

    def get(id, consistent: false)
      client.get_item(table_name: NAME, key: { "id" => id }, consistent_read: consistent).item
    end

    private

    def endpoint
      url = ENV["AWS_ENDPOINT_URL_DYNAMODB"]
      url ? { endpoint: url } : {}
    end
  end
end
