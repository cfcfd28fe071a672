# frozen_string_literal: true

require "fileutils"
require "helper"
require "processes"

# The Rails example in two regions, with puma, the sandbox's DynamoDB replicas, a stand-in for each
# host's agent, and in the first region Redis and Sidekiq.
class RailsWorld
  APP = "#{Processes::ROOT}/docs/examples/rails"
  HOST = "app.example.org"
  REGIONS = { "us-east" => "us-east-1", "eu-central" => "eu-central-1" }.freeze
  SECRET = "a secret of the object storage"

  attr_reader :processes

  # Started once, and ended when all tests are over. What did not start is not tried again.
  def self.shared
    raise @trouble if @trouble

    @shared ||= new.tap { |world| Minitest.after_run { world.stop } }
  rescue StandardError => error
    @trouble = error
    raise
  end

  def initialize
    @processes = Processes.new
    @roles = REGIONS.keys.to_h { |region| [region, between(region)] }
    @agents = REGIONS.keys.to_h { |region| [region, FakeAgent.answering { @roles[region] }] }
    @ports = REGIONS.keys.to_h { |region| [region, Processes.free_port] }
    @redis = Processes.free_port
    start
  rescue StandardError, SignalException, SystemExit
    stop
    raise
  end

  def stop
    processes.stop_all
    @agents&.each_value(&:stop)
  end

  # What an app is started with.
  def environment(region, **more)
    folders = ["#{__dir__}/standin", "#{Processes::ROOT}/Packaging/ruby/signalbox/lib"]
    {
      "RAILS_ENV" => "production", "SECRET_KEY_BASE" => "of all regions" * 4,
      "RUBYLIB" => folders.join(":"), "RUBYOPT" => nil, "BUNDLE_GEMFILE" => nil,
      "AWS_REGION" => REGIONS[region], "AWS_ACCESS_KEY_ID" => "sandbox",
      "AWS_SECRET_ACCESS_KEY" => "sandbox-secret", "APP_HOST" => HOST, "RELEASE" => "r1",
      "AWS_ENDPOINT_URL_DYNAMODB" => "http://#{place(region)["dynamodb"]}",
      "OBJECT_STORAGE_KEY" => "bucket-key", "OBJECT_STORAGE_SECRET" => SECRET,
      "SIGNALBOX_AGENT" => @agents[region].place, "SIGNALBOX_SERVICE" => "app",
      "REDIS_URL" => "redis://127.0.0.1:#{@redis}/0", "BIND" => "127.0.0.1:#{@ports[region]}",
      "SHED" => region == "eu-central" ? "misdirected" : "off", "REPLICATION_LIMIT" => "5",
      # Times of tests are for a machine that others use too.
      "SIGNALBOX_TIMEOUT" => "10", "TABLE_TIMEOUT" => "20"
    }.merge(more.transform_keys(&:to_s))
  end

  def port(region)
    @ports.fetch(region)
  end

  # What the region's agent says from now on.
  def role(region, state, traffic: region, age: 1000, lease: 120, epoch: 3)
    exclusive = { "state" => state }
    exclusive["region"] = traffic if %w[held elsewhere lapsed].include?(state)
    exclusive["lease_seconds"] = lease if state == "held"
    tell(region, { "region" => traffic, "here" => traffic == region, "age_seconds" => age }.compact,
         exclusive, epoch)
  end

  # DNS points nowhere in particular: nobody is sent away.
  def between(region)
    document(region, { "here" => false }, { "state" => "pending" })
  end

  def tell(region, traffic, exclusive, epoch)
    @roles[region] = document(region, traffic, exclusive, epoch)
  end

  def ask(region, method, path, json: nil, headers: {})
    request = Net::HTTP.const_get(method.capitalize).new(path)
    { "Host" => HOST, "X-Forwarded-Proto" => "https" }.merge(headers).each do |name, value|
      value ? request[name] = value : request.delete(name)
    end
    if json
      request.body = JSON.generate(json)
      request["Content-Type"] = "application/json"
    end
    Net::HTTP.start("127.0.0.1", port(region), nil, read_timeout: 60) { _1.request(request) }
  end

  # Begins a fault of the sandbox for as long as the block takes.
  def during(kind, target)
    uri = URI("#{@sandbox["control"]}/faults")
    id = Net::HTTP.start(uri.host, uri.port, nil) do |http|
      body = JSON.generate("kind" => kind, "target" => target)
      JSON.parse(http.post(uri.path, body, "Content-Type" => "application/json").body).fetch("id")
    end
    yield
  ensure
    Net::HTTP.start(uri.host, uri.port, nil) { _1.delete("#{uri.path}/#{id}") } if id
  end

  def redis(*words)
    IO.popen(["redis-cli", "-h", "127.0.0.1", "-p", @redis.to_s, *words], &:read).strip
  end

  private

  def document(region, traffic, exclusive, epoch = 0)
    { "agent" => "#{region}-app-1", "region" => region, "heard_seconds" => 1, "advisory" => true,
      "note" => "", "services" => [{ "service" => "app", "epoch" => epoch, "traffic" => traffic,
                                     "exclusive" => exclusive }] }
  end

  def place(region)
    @sandbox["regions"].find { |entry| entry["id"] == region }
  end

  def start
    processes.start("sandbox", Processes.program("signalbox-sandbox"), "serve", "--network", "any",
                    "--regions", REGIONS.keys.join(","), "--instances", "1", "--name-servers", "0",
                    "--json")
    processes.start("redis", "redis-server", "--bind", "127.0.0.1", "--port", @redis.to_s,
                    "--save", "", "--dir", processes.folder)
    @sandbox = processes.until_true("sandbox") do
      processes.log("sandbox").lines.filter_map { |line| object(line) }.first
    end
    REGIONS.each_key do |region|
      processes.start("app-#{region}", "puma", "-C", "config/puma.rb", "config.ru",
                      env: environment(region), chdir: APP)
    end
    processes.start("sidekiq", "sidekiq", "-c", "1", "-r", ".", env: environment("us-east"),
                                                              chdir: APP)
    REGIONS.each_key do |region|
      processes.until_true("app in #{region}") { answers?(region) }
    end
  end

  def object(line)
    JSON.parse(line)
  rescue JSON::ParserError
    nil
  end

  def answers?(region)
    ask(region, "GET", "/up").code == "200"
  rescue SystemCallError
    false
  end
end
