# frozen_string_literal: true

require "etc"
require "fileutils"
require "openssl"
require "processes"
require "resolv"

# Two regions as real processes, on a network that is free: the sandbox's Linode API, name server
# and replicas, a coordinator, an agent, puma and haproxy for each region, two resolvers (dnsmasq).
class Regions
  NAME = "app.example.org"
  IDS = %w[us-east eu-central].freeze
  # By which the regions are reached one by one, as `redirect` sends there.
  OWN = { "us-east" => "us.example.org", "eu-central" => "eu.example.org" }.freeze
  PORT = 18_681
  TLS_PORT = 18_643
  DNS_PORT = 18_654
  # In seconds. The record's TTL is the least that Linode has, 30: one resolver makes it less, the
  # other one an hour of that, which is the most that dnsmasq does.
  TTL = 2
  STRETCHED = 3600
  GRACE = 4

  attr_reader :processes, :addresses, :resolvers

  def initialize
    @processes = Processes.new
    start
  rescue StandardError, SignalException, SystemExit
    stop
    raise
  end

  def stop
    processes.stop_all
  end

  def certificate
    file("certificate")
  end

  # What a resolver says of a name now.
  def resolve(resolver, name = NAME)
    look_up(resolver, name).address.to_s
  end

  # For how many seconds more it will say that.
  def ttl(resolver)
    look_up(resolver, NAME).ttl
  end

  # The stretching one forgets what it had, as if its time were over.
  def expire
    processes.signal("stretching", :HUP)
  end

  # Waits until users may be moved, and moves them; gives when the name servers showed it.
  def move(id)
    processes.until_true("users are moved to #{id}", 180) do
      break signalbox("failover", "app", "--to", id, "--yes")["stamps"]["converged_ms"] / 1000.0
    rescue RuntimeError
      # It was not well enough just now, on a machine that others use too.
    end
  end

  def region(address)
    addresses.key(address)
  end

  def signalbox(*words)
    output = IO.popen([Processes.program("signalbox"), *words, "--coordinator",
                       "unix:#{file("socket")}", "--json"], err: file("signalbox.log"), &:read)
    raise "signalbox #{words.join(" ")}: #{output}" unless $?.success?

    JSON.parse(output)
  end

  def status
    signalbox("status")["services"].fetch(0)
  end

  # Both regions are well, and users may be moved.
  def until_steady
    processes.until_true("both regions are healthy", 120) { steady? }
  end

  # What the agent says of the region's app.
  def role(id)
    before = Signalbox.configuration.agent
    Signalbox.configuration.agent = "#{host(id)}:8620"
    Signalbox.role("app")
  ensure
    Signalbox.configuration.agent = before
  end

  # From one moment to the next nothing of the region answers, and nothing is refused either.
  def freeze(id)
    %W[app-#{id} proxy-#{id} agent-#{id}].each { |name| processes.signal(name, :STOP) }
    @frozen = id
  end

  private

  def look_up(resolver, name)
    dns = Resolv::DNS.new(nameserver_port: [[resolvers.fetch(resolver), DNS_PORT]])
    dns.timeouts = [2, 4, 8]
    dns.getresource(name, Resolv::DNS::Resource::IN::A)
  ensure
    dns&.close
  end

  def start
    start_sandbox
    @addresses = @sandbox["regions"].to_h { |entry| [entry["id"], host_of(entry["nodebalancer"])] }
    @resolvers = { plain: "#{network}.0.60", stretching: "#{network}.0.61" }
    write_certificate
    own_names
    start_resolvers
    IDS.each { |id| start_app(id) }
    start_coordinator
    IDS.each { |id| start_agent(id) }
    until_steady
  end

  def start_sandbox
    processes.start("sandbox", Processes.program("signalbox-sandbox"), "serve", "--network", "any",
                    "--regions", IDS.join(","), "--instances", "1", "--name-servers", "1",
                    "--publish-delay", "200ms", "--json")
    @sandbox = processes.until_true("sandbox") do
      processes.log("sandbox").lines.grep(/\A\{.*\}\n\z/).map { |line| JSON.parse(line) }.first
    end
  end

  # Records of the user's own in the zone, beside the one that is moved.
  def own_names
    zone = linode(:get, "/domains")["data"].find { |entry| entry["domain"] == "example.org" }
    OWN.each do |id, name|
      linode(:post, "/domains/#{zone["id"]}/records",
             "type" => "A", "name" => name[/\A\w+/], "target" => addresses[id], "ttl_sec" => 30)
    end
  end

  def linode(method, path, body = nil)
    uri = URI("#{@sandbox["linode"]}#{path}")
    request = Net::HTTP.const_get(method.capitalize).new(uri)
    request["Authorization"] = "Bearer sandbox-token"
    request["Content-Type"] = "application/json"
    request.body = JSON.generate(body) if body
    JSON.parse(Net::HTTP.start(uri.host, uri.port, nil) { |http| http.request(request) }.body)
  end

  def start_resolvers
    server = @sandbox["name_servers"].first.tr(":", "#")
    resolver("plain", server, "--max-ttl=#{TTL}", "--max-cache-ttl=#{TTL}")
    resolver("stretching", "#{resolvers[:plain]}##{DNS_PORT}", "--min-cache-ttl=#{STRETCHED}")
    processes.until_true("the resolvers answer") do
      (OWN.values + [NAME]).all? { |name| resolvers.each_key.all? { |each| resolve(each, name) } }
    rescue Resolv::ResolvError, SystemCallError
      nil
    end
  end

  def resolver(name, server, *options)
    processes.start(name, "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                    "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file=",
                    "--user=#{Etc.getpwuid.name}", "--port=#{DNS_PORT}", "--server=#{server}",
                    "--listen-address=#{resolvers[name.to_sym]}", *options)
  end

  def start_app(id)
    hosts = OWN.map { |region, name| "#{region}=#{name}:#{TLS_PORT}" }.join(",")
    processes.start("app-#{id}", "puma", "-C", "-", "-t", "24:24", "-b",
                    "tcp://#{addresses[id]}:#{PORT}", "#{__dir__}/app.ru", env: {
                      "REGION" => id, "AWS_REGION" => place(id)["aws_region"],
                      "TO" => hosts, "GRACE" => GRACE.to_s,
                      "RUBYLIB" => "#{Processes::ROOT}/Packaging/ruby/signalbox/lib",
                      "SIGNALBOX_AGENT" => "#{host(id)}:8620", "SIGNALBOX_TIMEOUT" => "10"
                    })
    write("proxy-#{id}", <<~TEXT)
      defaults
        mode http
        timeout connect 20s
        timeout client 60s
        timeout server 60s
      frontend tls
        bind #{addresses[id]}:#{TLS_PORT} ssl crt #{certificate} alpn h2,http/1.1
        default_backend app
      backend app
        server app #{addresses[id]}:#{PORT}
    TEXT
    processes.start("proxy-#{id}", "/usr/sbin/haproxy", "-db", "-f", file("proxy-#{id}"))
  end

  def start_coordinator
    write("token", "sandbox-token\n")
    @public_keys = (IDS + ["coordinator"]).to_h { |name| [name, make_key("key-#{name}")] }
    FileUtils.mkdir(file("state"), mode: 0o700)
    write("coordinator.toml", <<~TOML + IDS.map { |id| region_tables(id) }.join)
      automation = "automatic"
      listen = "#{@sandbox["coordinator"]}"
      socket = "#{file("socket")}"
      state_directory = "#{file("state")}"
      key_file = "#{file("key-coordinator")}"
      source_address = "#{@sandbox["coordinator_source"]}"
      rehearsal_speed = 10
      [linode]
      url = "#{@sandbox["linode"]}"
      token_file = "#{file("token")}"
      [dns]
      name_servers = #{JSON.generate(@sandbox["name_servers"])}
      [service.app]
      dns = ["#{NAME}"]
      table = "app"
      regions = #{JSON.generate(IDS)}
      probe = "http://{name}:#{PORT}/health"
      failover_after = "4s"
      fresh_for = "4s"
      probe_interval = "1s"
      probe_deadline = "1s"
      cooldown = "1s"
      min_up = "0s"
    TOML
    processes.start("coordinator", Processes.program("signalbox-coordinator"), "--config",
                    file("coordinator.toml"))
  end

  def region_tables(id)
    <<~TOML
      [region.#{id}]
      aws = "#{place(id)["aws_region"]}"
      addresses = ["#{addresses[id]}"]
      [agent.#{id}-app-1]
      region = "#{id}"
      public_key = "#{@public_keys[id]}"
    TOML
  end

  def start_agent(id)
    write("agent-#{id}.toml", <<~TOML)
      agent = "#{id}-app-1"
      region = "#{id}"
      coordinator = "http://#{@sandbox["relay"]}"
      coordinator_key = "#{@public_keys["coordinator"]}"
      key_file = "#{file("key-#{id}")}"
      source_address = "#{host(id)}"
      listen = "#{host(id)}:8620"
      rehearsal_speed = 10
      [dynamodb]
      table = "app"
      aws_region = "#{place(id)["aws_region"]}"
      endpoint = "http://#{place(id)["dynamodb"]}"
      [[check]]
      http = "http://#{addresses[id]}:#{PORT}/health"
      every = "1s"
      timeout = "1s"
    TOML
    processes.start("agent-#{id}", Processes.program("signalbox-agent"), "run", "--config",
                    file("agent-#{id}.toml"),
                    env: { "AWS_ACCESS_KEY_ID" => "sandbox",
                           "AWS_SECRET_ACCESS_KEY" => "sandbox-secret" })
  end

  def steady?
    found = status
    found["phase"] == "steady" && found["regions"].all? { |each| each["verdict"] == "healthy" } &&
      found["regions"].any? { |each| each["role"] == "next" }
  rescue StandardError
    nil
  end

  def write_certificate
    key = OpenSSL::PKey::EC.generate("prime256v1")
    subject = OpenSSL::X509::Name.parse("/CN=#{NAME}")
    made = OpenSSL::X509::Certificate.new
    made.version = 2
    made.serial = 1
    made.subject = made.issuer = subject
    made.public_key = key
    made.not_before = Time.now - 3600
    made.not_after = Time.now + 86_400
    names = (OWN.values + [NAME]).map { |name| "DNS:#{name}" }.join(",")
    factory = OpenSSL::X509::ExtensionFactory.new(made, made)
    made.add_extension(factory.create_extension("subjectAltName", names))
    made.sign(key, "SHA256")
    write("certificate", key.private_to_pem + made.to_pem)
  end

  # Makes a key file; gives the public half as the configuration names it.
  def make_key(name)
    key = OpenSSL::PKey.generate_key("ED25519")
    write(name, key.private_to_pem)
    [key.raw_public_key].pack("m0")
  rescue NoMethodError
    # OpenSSL before 3.2 of the gem: the last 32 bytes of the structure are the key.
    [key.public_to_der[-32..]].pack("m0")
  end

  def network
    @sandbox["relay"][/\A\d+\.\d+/]
  end

  def place(id)
    @sandbox["regions"].find { |entry| entry["id"] == id }
  end

  def host(id)
    host_of(place(id)["instances"].first["app"])
  end

  def host_of(endpoint)
    endpoint[/\A[^:]+/]
  end

  def file(name)
    "#{processes.folder}/#{name}"
  end

  def write(name, text)
    File.write(file(name), text, perm: 0o600)
  end
end
