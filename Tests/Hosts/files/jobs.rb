# frozen_string_literal: true

# What one region only may do, tried on each host all the time: a job of three steps, each of which
# writes an item that names it.
require "socket"
require "signalbox"
require "aws-sdk-dynamodb"
require "/srv/app/current/rails/app/models/table"

$stdout.sync = true
host = Socket.gethostname

loop do
  Signalbox.exclusive(at_least: 10) do |lease|
    job = "job##{host}##{Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)}"
    %w[begun half done].each do |step|
      lease.check!
      Table.put({ "id" => "#{job}##{step}", "region" => Signalbox.region,
                  "epoch" => lease.epoch })
      sleep 0.3
    end
  end
  sleep 0.2
rescue Signalbox::NotActive, Seahorse::Client::NetworkingError,
       Aws::DynamoDB::Errors::ServiceError => error
  puts error.message
  sleep 1
end
