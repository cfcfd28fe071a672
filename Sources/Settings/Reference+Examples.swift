extension Reference {
  static let coordinatorExample = """
    # /etc/signalbox/coordinator.toml
    automation = "observe"

    [service.app]
    dns = ["app.example.org"]
    table = "my-app-data"
    regions = ["us-east", "eu-central"]

    [region.us-east]
    aws = "us-east-1"
    addresses = ["192.0.2.1"]

    [region.eu-central]
    aws = "eu-central-1"
    addresses = ["192.0.2.2"]

    [agent.us-east-app-1]
    region = "us-east"
    public_key = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="

    [agent.eu-central-app-1]
    region = "eu-central"
    public_key = "zWr9Wm0r0Cfc2+4M3c0gEvyZxYcIqNlGEn0Yq0nZ2kI="

    """

  static let agentExample = """
    # /etc/signalbox/agent.toml
    region = "us-east"
    coordinator = "https://coordinator.example.net:8621"
    coordinator_key = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="

    [dynamodb]
    table = "my-app-data"
    aws_region = "us-east-1"

    [[check]]
    http = "http://127.0.0.1:3000/health"
    host = "app.example.org"

    """
}
