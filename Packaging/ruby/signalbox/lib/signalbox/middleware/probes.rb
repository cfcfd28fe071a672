# frozen_string_literal: true

require "json"

module Signalbox
  module Middleware
    # Answers the NodeBalancer's `/up` and the agents' and the coordinator's `/health`, before
    # anything of the app sees the request: no redirect to https, no check of the host's name, no
    # session, and for `/up` nothing at all.
    #
    #   config.middleware.insert_before 0, Signalbox::Middleware::Probes
    class Probes
      def initialize(app, up: "/up", health: "/health", checks: Signalbox.health)
        @app = app
        @up = up
        @health = health
        @checks = checks
      end

      def call(env)
        path = env["PATH_INFO"]
        return @app.call(env) unless [@up, @health].include?(path)

        method = env["REQUEST_METHOD"]
        return refuse unless %w[GET HEAD].include?(method)

        status, document = path == @up ? [200, { "status" => "up" }] : @checks.answer
        reply(status, document, method == "HEAD")
      end

      private

      def reply(status, document, is_head)
        body = "#{JSON.generate(document)}\n"
        headers = { "content-type" => "application/json", "cache-control" => "no-store",
                    "content-length" => body.bytesize.to_s }
        [status, headers, is_head ? [] : [body]]
      end

      def refuse
        body = "accepted: GET, HEAD\n"
        headers = { "content-type" => "text/plain", "allow" => "GET, HEAD",
                    "content-length" => body.bytesize.to_s }
        [405, headers, [body]]
      end
    end
  end
end
