# frozen_string_literal: true

# Where the NodeBalancer and the agent reach it: also the host's private address, if nothing stands
# between.
bind "tcp://#{ENV.fetch("BIND", "127.0.0.1:3000")}"
threads 5, 5
workers Integer(ENV.fetch("WEB_CONCURRENCY", "0"))
