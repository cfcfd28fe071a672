# frozen_string_literal: true

require "openssl"
require "rails_world"

# The real agent beside the example: it understands the app's /health, and the app its /role.
class AgentWithAppTest < Minitest::Test
  def setup
    @world = RailsWorld.shared
    @processes = @world.processes
    @port = Processes.free_port
    write("agent-key", OpenSSL::PKey.generate_key("ED25519").private_to_pem)
    File.chmod(0o600, "#{@processes.folder}/agent-key")
    write("agent.toml", <<~TOML)
      agent = "us-east-app-1"
      region = "us-east"
      coordinator = "http://127.0.0.1:1"
      coordinator_key = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
      key_file = "#{@processes.folder}/agent-key"
      listen = "127.0.0.1:#{@port}"

      [[check]]
      http = "http://127.0.0.1:#{@world.port("us-east")}/health"
      host = "#{RailsWorld::HOST}"
      every = "1s"
      timeout = "1s"
    TOML
    @processes.start("agent", Processes.program("signalbox-agent"), "run", "--config",
                     "#{@processes.folder}/agent.toml")
  end

  def teardown
    @processes.stop("agent")
  end

  def test_it_understands_the_app_s_health
    until_state("good")
    @world.during("dynamodb-down", "us-east") { until_state("bad") }
    until_state("good")
  end

  # Nobody tells it anything: there is no coordinator.
  def test_what_it_was_not_told_is_no_permission
    until_state("good")
    before = Signalbox.configuration.agent
    Signalbox.configuration.agent = "127.0.0.1:#{@port}"
    role = Signalbox.role("app")
    assert_equal ["us-east", "unknown"], [role.region, role.state]
    assert_equal "the agent was told nothing of any service yet", role.reason
    assert_raises(Signalbox::NotActive) { Signalbox.exclusive("app") { flunk } }
  ensure
    Signalbox.configuration.agent = before
  end

  private

  def write(name, text)
    File.write("#{@processes.folder}/#{name}", text)
  end

  def until_state(word)
    @processes.until_true("the agent's check is #{word}") { state == word }
  end

  def state
    # The peer of the replication check: without it that is a finding, and no more.
    @world.ask("eu-central", "GET", "/health")
    reply = Net::HTTP.start("127.0.0.1", @port, nil) { _1.get("/health") }
    JSON.parse(reply.body)["checks"].first["state"]
  rescue SystemCallError
    nil
  end
end
