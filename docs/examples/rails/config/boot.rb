# frozen_string_literal: true

# With Bundler where `bundle install` was run; Debian's own packages need none.
ENV["BUNDLE_GEMFILE"] ||= File.expand_path("../Gemfile", __dir__)
require "bundler/setup" if File.exist?("#{ENV["BUNDLE_GEMFILE"]}.lock")
