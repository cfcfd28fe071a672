# frozen_string_literal: true

require_relative "lib/signalbox/version"

Gem::Specification.new do |spec|
  spec.name = "signalbox"
  spec.version = Signalbox::VERSION
  spec.summary = "What a Ruby app on a Signalbox host goes by"
  spec.description = "Middleware for /up and /health, the host's region, and work that only one " \
                     "region may do."
  spec.authors = ["The Signalbox maintainers"]
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir["lib/**/*.rb", "README.md", "LICENSE", base: __dir__]
end
