# frozen_string_literal: true

require "json"
require "net/http"
require "socket"
require "tmpdir"

# Programs that a test starts, each ended by its own id. Their words are kept in files of `folder`.
class Processes
  ROOT = File.expand_path("../..", __dir__)

  attr_reader :folder

  def initialize
    @folder = Dir.mktmpdir("signalbox-ruby")
    @running = {}
  end

  # Where the programs were built: SIGNALBOX_LIBEXEC, the release ones, the ones of the tests.
  def self.program(name)
    folders = [ENV["SIGNALBOX_LIBEXEC"], "#{ROOT}/build/bin", "#{ROOT}/.build/debug"].compact
    folders.map { |folder| "#{folder}/#{name}" }.find { |path| File.executable?(path) } ||
      abort("#{name} is not built: make build, or SIGNALBOX_LIBEXEC=FOLDER")
  end

  def start(name, *command, env: {}, chdir: ROOT)
    log = "#{folder}/#{name}.log"
    @running[name] = Process.spawn(env, *command, chdir: chdir, %i[out err] => [log, "a"],
                                                  in: File::NULL)
  end

  def log(name)
    File.read("#{folder}/#{name}.log")
  rescue Errno::ENOENT
    ""
  end

  # Its status when it has ended by itself, else nil.
  def ended(name)
    Process.wait2(@running[name], Process::WNOHANG)&.last
  end

  def signal(name, signal)
    Process.kill(signal, @running.fetch(name))
  end

  # One that was stopped (STOP) goes on, so that it can end.
  def stop(name)
    pid = @running.delete(name) or return
    Process.kill(:TERM, pid)
    Process.kill(:CONT, pid)
    limit = now + 20
    until Process.wait(pid, Process::WNOHANG)
      Process.kill(:KILL, pid) if now > limit
      sleep 0.02
    end
  rescue Errno::ECHILD, Errno::ESRCH
    nil
  end

  def stop_all
    @running.keys.reverse.each { |name| stop(name) }
    FileUtils.remove_entry(folder)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # Asks until the block is content, within a deadline for a machine that others use too.
  def until_true(what, seconds = 60)
    limit = now + seconds
    loop do
      found = yield
      return found if found
      raise "#{what}: not within #{seconds} s\n#{tails}" if now > limit

      sleep 0.05
    end
  end

  def tails
    Dir["#{folder}/*.log"].map { |path| "#{path}:\n#{File.read(path)[-2000..] || File.read(path)}" }
                          .join("\n")
  end

  def self.free_port
    TCPServer.open("127.0.0.1", 0) { |server| server.local_address.ip_port }
  end
end
