# frozen_string_literal: true

# lib/capistrano/tasks/signalbox.rake: the hosts of a deploy say that their bad votes are planned,
# and that it is over: when it is finished, and when it failed. A notice that cannot be told is
# never a reason to stop a deploy; it ends by itself after signalbox_deploy_time.
namespace :load do
  task :defaults do
    set :signalbox_roles, -> { :app }
    set :signalbox_deploy_time, "5m"
  end
end

namespace :signalbox do
  def signalbox_deploying(*arguments)
    on roles(fetch(:signalbox_roles)) do |host|
      next if test("signalbox-agent", "deploying", *arguments)

      warn "signalbox: #{host} was not told (#{arguments.join(' ')})"
    end
  rescue StandardError => e
    warn "signalbox: not all hosts were told: #{e.message}"
  end

  desc "This host is being deployed: its bad votes are planned"
  task(:begin) { signalbox_deploying("--for", fetch(:signalbox_deploy_time)) }

  desc "The deploy is over"
  task(:end) { signalbox_deploying("--end") }
end

before "deploy:publishing", "signalbox:begin"
after "deploy:finished", "signalbox:end"
after "deploy:failed", "signalbox:end"
