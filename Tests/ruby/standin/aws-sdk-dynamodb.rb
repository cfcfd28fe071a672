# frozen_string_literal: true

require "aws-sigv4"
require "bigdecimal"
require "json"
require "net/http"

# As much of the gem aws-sdk-dynamodb, which Debian does not have, as the example uses: the same
# names, values and errors, over Debian's aws-sigv4.
module Seahorse
  module Client
    class NetworkingError < StandardError; end
  end
end

module Aws
  module DynamoDB
    module Errors
      class ServiceError < RuntimeError; end
      class ConditionalCheckFailedException < ServiceError; end
    end

    class Client
      PutItemOutput = Struct.new(:attributes)
      GetItemOutput = Struct.new(:item)

      def initialize(region:, endpoint: nil, http_open_timeout: 15, http_read_timeout: 60,
                     retry_mode: "legacy", max_attempts: 3)
        raise ArgumentError, "retry_mode" unless %w[legacy standard adaptive].include?(retry_mode)

        @uri = URI(endpoint || "https://dynamodb.#{region}.amazonaws.com")
        @timeouts = { open_timeout: http_open_timeout, read_timeout: http_read_timeout,
                      max_retries: 0 }
        @attempts = max_attempts
        @signer = Aws::Sigv4::Signer.new(
          service: "dynamodb", region: region, access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"),
          secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY")
        )
      end

      def put_item(table_name:, item:, return_values: "NONE", condition_expression: nil,
                   expression_attribute_values: nil)
        values = expression_attribute_values
        found = call("PutItem", {
          "TableName" => table_name, "Item" => typed(item), "ReturnValues" => return_values,
          "ConditionExpression" => condition_expression,
          "ExpressionAttributeValues" => values && typed(values)
        }.compact)
        PutItemOutput.new(plain(found["Attributes"]))
      end

      def get_item(table_name:, key:, consistent_read: false)
        found = call("GetItem", "TableName" => table_name, "Key" => typed(key),
                                "ConsistentRead" => consistent_read)
        GetItemOutput.new(plain(found["Item"]))
      end

      private

      def call(operation, parameters)
        attempt = 0
        begin
          attempt += 1
          read(exchange(operation, JSON.generate(parameters)))
        rescue SystemCallError, Timeout::Error, IOError => error
          retry if attempt < @attempts
          raise Seahorse::Client::NetworkingError, error.message
        end
      end

      def exchange(operation, body)
        headers = { "content-type" => "application/x-amz-json-1.0",
                    "x-amz-target" => "DynamoDB_20120810.#{operation}" }
        signed = @signer.sign_request(http_method: "POST", url: "#{@uri}/", headers: headers,
                                      body: body)
        request = Net::HTTP::Post.new("/", headers.merge(signed.headers))
        request.body = body
        # No proxy of the environment: the sandbox is on loopback.
        Net::HTTP.start(@uri.host, @uri.port, nil, use_ssl: @uri.scheme == "https",
                                                   **@timeouts) { |http| http.request(request) }
      end

      def read(response)
        found = JSON.parse(response.body)
        return found if response.code == "200"

        type = found["__type"].to_s[/\w+\z/]
        known = type == "ConditionalCheckFailedException"
        raise (known ? Errors::ConditionalCheckFailedException : Errors::ServiceError),
              found["message"] || found["Message"] || type
      end

      def typed(item)
        item.transform_values do |value|
          case value
          when String then { "S" => value }
          when Numeric then { "N" => value.to_s }
          when true, false then { "BOOL" => value }
          else raise ArgumentError, "no type for #{value.class}"
          end
        end
      end

      # The gem gives numbers as BigDecimal.
      def plain(item)
        item&.transform_values do |value|
          kind, inner = value.first
          kind == "N" ? BigDecimal(inner) : inner
        end
      end
    end
  end
end
