# frozen_string_literal: true

require "helper"
require "old_addresses/client"
require "old_addresses/regions"
require "old_addresses/ruby_clients"

# What happens to clients that keep their old address: an operator moves users from a healthy
# region, which goes on answering, and then the region that they are in dies. The table of outcomes
# is the one in docs/clients.md; seconds are printed, and nothing depends on them.
class OldAddressesTest < Minitest::Test
  OLD, NEW = Regions::IDS
  DOCUMENT = "#{Processes::ROOT}/docs/clients.md"
  STRETCHING = "the same, its resolver stretches TTLs"
  ROWS = {
    "a new connection each time" => [FreshCurl, {}],
    STRETCHING => [FreshCurl, { resolver: :stretching }],
    "curl, one connection" => [KeptCurl, {}],
    "Net::HTTP, one connection" => [KeptRuby, {}],
    "HTTP/1.1 through a proxy" => [KeptCurl, { http: "--http1.1" }],
    "HTTP/2 through a proxy" => [KeptCurl, { http: "--http2" }],
    "websocket" => [WebSocket, {}],
    "websocket, with `sockets`" => [WebSocket, { sockets: true }]
  }.freeze
  HOW = Signalbox::Middleware::Shed::HOW
  DEAD = "region dead"

  # Everything is ended here and not in teardown, which an interrupted test does not come to.
  def test_clients_that_keep_their_old_address
    @expected = documented
    @clients = {}
    @regions = Regions.new
    report(moved.merge(died) { |_, one, other| one.merge(other) })
  ensure
    @clients&.each_value(&:stop)
    @regions&.stop
  end

  private

  # The operator moves users; the region that they leave is well. Gives the cells of the table.
  def moved
    start(HOW, 20)
    until_served(OLD)
    stretch
    @moved = @regions.move(NEW)
    eventually("users have left for longer than the grace") do
      @regions.role(OLD).users_gone_for.to_f > Regions::GRACE + 3
    end
    @due = Time.now.to_f
    said = %i[plain stretching].map { |each| @regions.region(@regions.resolve(each)) }
    assert_equal [NEW, OLD], said
    settle(HOW) { |client| outcome(client) }
  end

  # The region that users are in dies, and with it its agent.
  def died
    @clients.each_value(&:stop).clear
    start(["off"], 3)
    patient = WebSocket.new(@regions, "off", patience: nil).start
    until_served(NEW)
    eventually("a patient one is served") { patient.samples.any? }
    stretch
    time = Time.now.to_f
    @regions.freeze(NEW)
    @clients.transform_keys! { |row, _| [row, DEAD] }
    found = settle([DEAD]) { |client| end_of_failure(client, time) }
    assert_empty patient.since(time + 1), "without a timeout of its own it hears nothing"
    found
  ensure
    patient&.stop
  end

  def start(hows, patience)
    ROWS.each do |row, (kind, options)|
      hows.each do |how|
        path = options[:sockets] ? "#{how}/sockets" : how
        client = kind.new(@regions, path, patience: patience, **options.except(:sockets))
        @clients[[row, how]] = client.start
      end
    end
  end

  # From here on the stretching resolver gives what it gives now. The first answer is passed on.
  def stretch
    @regions.until_steady
    @regions.expire
    eventually("the TTL is stretched") { @regions.ttl(:stretching) > Regions::STRETCHED - 60 }
  end

  def eventually(what, seconds = 180, &block)
    @regions.processes.until_true(what, seconds, &block)
  end

  def until_served(region)
    eventually("#{region} serves everybody") do
      @clients.each_value.all? { |client| client.samples.last(2).map(&:region) == [region] * 2 }
    end
  end

  # Waits until all outcomes are the documented ones at once: first as they are while the resolver
  # stretches, then when that is over.
  def settle(columns, &outcome)
    early = @expected[STRETCHING].transform_values { |cell| cell.delete_suffix(", follows") }
    reach(@expected.merge(STRETCHING => early), columns, &outcome)
    assert_operator @regions.ttl(:stretching), :>, 60
    @regions.expire
    reach(@expected, columns, &outcome)
  end

  def reach(wanted, columns)
    limit = @regions.processes.now + 120
    wanted = wanted.transform_values { |cells| cells.slice(*columns) }
    loop do
      found = wanted.to_h do |row, cells|
        [row, cells.to_h { |column, _| [column, yield(@clients[[row, column]])] }]
      end
      words = found.transform_values { |cells| cells.transform_values(&:first) }
      return found if words == wanted
      break assert_equal(wanted, words) if @regions.processes.now > limit

      sleep 0.2
    end
  end

  # A word for what became of a client since the move, and the seconds until its last page of the
  # region that users have left.
  def outcome(client)
    since = client.since(@moved)
    last = since.last or return ["nothing", 0]
    at_old = since.select { |sample| sample.address == @regions.addresses[OLD] }
    served = at_old.reverse.find { |sample| sample.region == OLD }
    words = [word(at_old)]
    words << "follows" unless last.address == @regions.addresses[OLD]
    words << "stays" if stays?(last)
    [words.compact.uniq.join(", "), served ? served.at - @moved : 0]
  end

  # Served by the old region when all others have been shed, over a connection of before the move.
  def stays?(last)
    last.region == OLD && !last.redirected && last.at > @due && last.asked < @moved
  end

  # What it got at the old address: over the connection that it had, or because a resolver still
  # gave that address when all TTLs were over. In between it is a matter of moments.
  def word(samples)
    samples = samples.reject { |sample| sample.asked.between?(@moved, @due) }
    return "421" if samples.any? { |sample| sample.status == 421 }
    return "redirected" if samples.any?(&:redirected)

    "stays" if samples.any? { |sample| sample.asked > @due && sample.region == OLD }
  end

  # The same where the region has died: whether it failed, and whether it was served again.
  def end_of_failure(client, time)
    since = client.since(time)
    back = since.find { |sample| sample.region == OLD }
    fails = since.any? { |sample| sample.status != 200 }
    [[("fails" if fails), ("follows" if back)].compact.join(", "), back ? back.at - time : 0]
  end

  # The table's cells by row and column: what stands before a colon; seconds may follow it.
  def documented
    lines = File.readlines(DOCUMENT, chomp: true).grep(/\A\|/)
    lines = lines.map { |line| line[2..-3].split(" | ") }
    ROWS.keys.to_h do |row|
      cells = lines.find { |first, *| first == row } or flunk("#{DOCUMENT} has no row: #{row}")
      [row, (HOW + [DEAD]).zip(cells.drop(1).map { |cell| cell[/\A[^:]+/] }).to_h]
    end
  end

  # As it stands in the document. Where the resolver stretches it is as long as that does.
  def report(measured)
    lines = measured.map do |row, cells|
      [row, *cells.values.map do |what, seconds|
        what.end_with?("follows") && row != STRETCHING ? "#{what}: #{seconds.round} s" : what
      end]
    end
    puts "", ([["client", *HOW, DEAD]] + lines).map { |line| "| #{line.join(" | ")} |" }
  end
end
