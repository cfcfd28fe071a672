# frozen_string_literal: true

require "weakref"

module Signalbox
  # The sockets that an app has taken over from its server (`rack.hijack`), as websockets are: no
  # header of an answer ever reaches them again, so they are ended once users have left.
  #
  # Both sides read the end of the stream: the app's loop ends as it does when a client goes, and
  # the client connects again. A socket is left alone until it is itself `grace` seconds old: who
  # comes here again, because a resolver still gives this address, is not thrown out at once.
  class TakenSockets
    # Ends those that are open within `over` seconds, not all at once: who is ended comes to the
    # other region. `every`: how long between two looks.
    def initialize(watch, grace:, over:, every: 1.0)
      @watch = watch
      @grace = grace
      @over = over
      @every = every
      @lock = Mutex.new
      @open = []
    end

    # What the block answers, with an eye on the socket that it takes over in doing so.
    def follow(env)
      whole = env["rack.hijack"]
      env["rack.hijack"] = -> { add(whole.call) } if whole
      status, headers, body = yield
      part = headers && headers["rack.hijack"]
      headers = headers.merge("rack.hijack" => ->(io) { part.call(add(io)) }) if part
      [status, headers, body]
    end

    # Ends those whose time has come; gives how many are still open.
    def sweep
      @lock.synchronize do
        @open.select! { |entry| open?(entry.first) }
        due(Clock.now).each { |entry| finish(entry.first) }
        @open.size
      end
    end

    private

    # Gives it back. An app that forgets its socket without closing it must not find it kept here.
    def add(io)
      return io unless io.respond_to?(:to_io) && io.to_io.respond_to?(:shutdown)

      @lock.synchronize do
        @open << [WeakRef.new(io), Clock.now]
        begin_looking
      end
      io
    end

    # A thread of before a fork is not alive in the child.
    def begin_looking
      return if @looking&.alive?

      @looking = Thread.new { look }
      @looking.report_on_exception = false
    end

    def look
      loop do
        sleep @every
        sweep
      end
    end

    def due(now)
      gone = @watch.role.users_gone_for
      return [] unless gone && gone >= @grace

      due = @open.select { |_, since| now - since >= @grace }
      looks = (@over - (gone - @grace)) / @every
      due.first(due.size.fdiv([looks, 1].max).ceil)
    end

    def open?(reference)
      !reference.to_io.closed?
    rescue WeakRef::RefError
      false
    end

    # Closing is the app's: done here, in another thread, it could hit the descriptor's next user.
    def finish(reference)
      reference.to_io.shutdown(:RDWR)
    rescue WeakRef::RefError, IOError, SystemCallError
      nil
    end
  end
end
