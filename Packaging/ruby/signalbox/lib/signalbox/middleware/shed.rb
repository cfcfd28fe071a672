# frozen_string_literal: true

module Signalbox
  module Middleware
    # Sends away those who are still connected to a region that users have left: a connection that
    # is kept open never asks DNS again. Off unless `how` says otherwise.
    #
    # close:       answers as ever, and asks that the connection be closed
    # misdirected: answers 421, after which a client may ask again over another connection
    # redirect:    answers GET and HEAD with 307 to a host of the region where users are, others as
    #              `close` does
    #
    # Only where the agent says, and heard of late, that DNS has pointed at another single region
    # for longer than `grace` seconds. Never for what is `except`ed: probes of a region that may
    # take over come while users are elsewhere.
    class Shed
      HOW = %w[off close misdirected redirect].freeze
      EXCEPT = ["/up", "/health", "/.well-known/"].freeze

      # `to`: for `redirect`, by the region's Linode id the host that users are sent to. `except`:
      # paths, and with a slash at the end all below. `sockets`: within how many seconds those that
      # the app has taken over from its server (websockets) are closed; nil: they are left alone.
      def initialize(app, how: "off", grace: 300, to: {}, except: EXCEPT, sockets: nil, watch: nil)
        @app = app
        @how = (how || "off").to_s
        @grace = Configuration.seconds("grace", grace, 0..86_400)
        @to = to.to_h { |region, host| [region.to_s, host] }
        @except = except
        Configuration.seconds("sockets", sockets, 0..3600) unless sockets.nil?
        validate
        return if @how == "off"

        @watch = watch || RoleWatch.new { Signalbox.role }
        @taken = TakenSockets.new(@watch, grace: @grace, over: sockets) if sockets
      end

      def call(env)
        return @app.call(env) if @watch.nil? || spared?(env["PATH_INFO"])

        role = @watch.role
        gone = role.users_gone_for
        return serve(env) unless gone && gone >= @grace

        case @how
        when "misdirected" then misdirected(env)
        when "redirect" then redirect(env, @to[role.traffic]) || close(env)
        else close(env)
        end
      end

      private

      def validate
        raise ConfigurationError, "how: found #{@how}; accepted: #{HOW.join(", ")}" unless
          HOW.include?(@how)
        raise ConfigurationError, "to: redirect has to name a host by region" if
          @how == "redirect" && @to.empty?

        bad = @to.values.grep_v(/\A[a-z0-9.-]+(:\d+)?\z/i)
        raise ConfigurationError, "to: #{bad.first.inspect} is no host" unless bad.empty?
      end

      def spared?(path)
        @except.any? { |entry| entry.end_with?("/") ? path.start_with?(entry) : path == entry }
      end

      def serve(env)
        @taken ? @taken.follow(env) { @app.call(env) } : @app.call(env)
      end

      # A switch of protocols has said `Connection: upgrade`, without which it is none.
      def close(env)
        status, headers, body = serve(env)
        return [status, headers, body] if status == 101 || !connection_header?(env)

        kept = headers.reject { |name, _| name.casecmp?("connection") }
        [status, kept.merge("connection" => "close"), body]
      end

      # From HTTP/2 on the header is forbidden (RFC 9113, 8.2.2), and 421 is what is left.
      def connection_header?(env)
        !env["SERVER_PROTOCOL"].to_s.match?(%r{\AHTTP/[2-9]})
      end

      def misdirected(env)
        answer(env, 421, "Users of this service are served elsewhere; ask again.\n")
      end

      # Not for what changes something, and not in a circle.
      def redirect(env, host)
        return nil unless host && %w[GET HEAD].include?(env["REQUEST_METHOD"])
        return nil if env["HTTP_HOST"].to_s.downcase == host.downcase

        path = "#{env["SCRIPT_NAME"]}#{env["PATH_INFO"]}"
        query = env["QUERY_STRING"].to_s
        path += "?#{query}" unless query.empty?
        return nil unless path.match?(%r{\A/[\x21-\x7e]*\z})

        answer(env, 307, "", "location" => "https://#{host}#{path}")
      end

      def answer(env, status, text, more = {})
        headers = { "content-type" => "text/plain", "cache-control" => "no-store",
                    "content-length" => text.bytesize.to_s }
        headers["connection"] = "close" if connection_header?(env)
        [status, headers.merge(more), [text]]
      end
    end
  end
end
