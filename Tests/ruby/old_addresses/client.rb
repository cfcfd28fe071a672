# frozen_string_literal: true

require "net/http"
require "openssl"
require "socket"

# A client that asks for the page again and again, and notes what it got, and from where.
class Client
  # `address`: where it was connected to, by a look-up of `asked`. `region`: who answered with the
  # page, if anybody did. `redirected`: whether that was found by a redirect.
  Sample = Struct.new(:at, :asked, :address, :status, :region, :redirected, keyword_init: true)

  PAUSE = 0.5

  # `patience`: how long it waits for an answer before it gives that up, in seconds.
  def initialize(regions, how, patience:, resolver: :plain)
    @regions = regions
    @how = how
    @patience = patience
    @resolver = resolver
    @samples = Queue.new
    @seen = []
  end

  def start
    @thread = Thread.new { step until @ending }
    self
  end

  # Safe to call at any time: it may be about to begin what has to be finished.
  def stop
    @ending = true
    finish until @thread.nil? || @thread.join(0.2)
  end

  # All so far.
  def samples
    @seen << @samples.pop until @samples.empty?
    @seen
  end

  def since(time)
    samples.select { |sample| sample.at > time }
  end

  private

  # What keeps it from ending.
  def finish; end

  def path
    "/#{@how}"
  end

  def resolve(name = Regions::NAME)
    @asked = Time.now.to_f if name == Regions::NAME
    @regions.resolve(@resolver, name)
  end

  def note(address, status: nil, region: nil, redirected: false)
    region = nil unless status == 200
    @samples << Sample.new(at: Time.now.to_f, asked: @asked, address: address, status: status,
                           region: region, redirected: redirected)
  end
end

# curl, by plain HTTP or through the proxy by HTTPS. It gets the address from here, because Debian's
# cannot be told a resolver with a port; it keeps what it was given for as long as it runs.
module Curl
  SAYS = "%{stderr}%{http_code} %{num_connects} %{num_redirects} %header{x-region}\n"

  private

  # The command for so many requests of one process.
  def curl(address, url, *options)
    own = Regions::OWN.map { |id, name| "#{name}:#{Regions::TLS_PORT}:#{@regions.addresses[id]}" }
    there = [Regions::PORT, Regions::TLS_PORT].map { |port| "#{Regions::NAME}:#{port}:#{address}" }
    ["curl", "-q", "-s", "-o", "/dev/null", "-w", SAYS, "-L", "-m", @patience.to_s,
     "--noproxy", "*", "--cacert", @regions.certificate,
     *(own + there).flat_map { |pair| ["--resolve", pair] }, *options, url]
  end

  # Notes a line of it; gives whether it has connected to the address for that.
  def take(line, address)
    status, connects, redirects, region = line.split
    return unless status&.match?(/\A\d{3}\z/)

    redirected = redirects.to_i.positive?
    note(address, status: status.to_i, region: region, redirected: redirected)
    first = redirected && !@followed
    @followed = redirected
    connects.to_i > (first ? 1 : 0)
  end
end

# A new process of curl, and so a new connection, for each request.
class FreshCurl < Client
  include Curl

  private

  def step
    address = resolve
    url = "http://#{Regions::NAME}:#{Regions::PORT}#{path}"
    take(IO.popen(curl(address, url), err: %i[child out], &:read), address)
    sleep PAUSE
  end
end

# One curl that asks twice a second over one connection. When it has had to connect anew, the next
# one takes its place, which asks the resolver: by itself it would after a minute.
class KeptCurl < Client
  include Curl

  def initialize(regions, how, http: nil, **rest)
    super(regions, how, **rest)
    @http = http
  end

  private

  def step
    address = resolve
    base = "http://#{Regions::NAME}:#{Regions::PORT}"
    base = "https://#{Regions::NAME}:#{Regions::TLS_PORT}" if @http
    command = curl(address, "#{base}#{path}?[1-1000]", "--rate", "2/s", "--keepalive-time", "60",
                   *[@http].compact)
    @curl = IO.popen(command, err: %i[child out])
    @followed = false
    times = 0
    @curl.each_line { |line| break if take(line, address) && (times += 1) > 1 }
  ensure
    end_curl
  end

  def finish
    Process.kill(:TERM, @curl.pid) if @curl && !@curl.closed?
  rescue IOError, Errno::ESRCH
    nil
  end

  def end_curl
    finish
    @curl&.close
  end
end
