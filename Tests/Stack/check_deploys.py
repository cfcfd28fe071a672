"""The hooks of deploys: who is told, when it begins, and that it ends, however it ends."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import bench
from bench import EXAMPLES, check, run

KAMAL = EXAMPLES / "deploy" / "kamal"
RAKE = EXAMPLES / "deploy" / "capistrano" / "signalbox.rake"
HOSTS = ["us-app-1", "us-app-2", "eu-app-1"]
BEGIN = [(host, "signalbox-agent deploying --for 5m") for host in HOSTS]
END = [(host, "signalbox-agent deploying --end") for host in HOSTS]

# Tells its host and command to a file; a host called dead cannot be reached.
SSH = """#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
printf '%s|%s\\n' "$1" "$2" >> "$LOG"
[ "$1" != dead ]
"""
# What Kamal does with hooks: the one before, the deploy, the one after where nothing failed.
STAND_IN = """#!/bin/sh
set -e
export KAMAL_HOSTS=us-app-1,us-app-2,eu-app-1
.kamal/hooks/pre-deploy
case "$1" in
  deploy) ;;
  hang) touch hanging; sleep 60 & wait ;;
  *) exit 7 ;;
esac
.kamal/hooks/post-deploy
"""


class Bench:
    def __init__(self, place):
        self.place = pathlib.Path(place)
        shutil.copytree(KAMAL, self.place / ".kamal")
        self.log = self.place / "told"
        self.environment = {
            "LOG": str(self.log), "SIGNALBOX_SSH": str(self.program("ssh", SSH)),
            "KAMAL": str(self.program("kamal", STAND_IN)), "TMPDIR": str(place)}

    def program(self, name, text):
        path = self.place / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def told(self):
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return [tuple(line.split("|")) for line in text.splitlines()]

    def run(self, *command, **more):
        return run(*command, folder=self.place, **(self.environment | more))

    def left(self):
        return sorted(p.name for p in self.place.iterdir() if p.name.startswith("tmp."))


def kamal(bench):
    code, said = bench.run(".kamal/hooks/pre-deploy", KAMAL_HOSTS=",".join(HOSTS))
    told = bench.told()
    check("Kamal: before a deploy its hosts are told", code == 0 and told == BEGIN, (said, told))
    code, said = bench.run(".kamal/hooks/post-deploy", KAMAL_HOSTS=",".join(HOSTS))
    told = bench.told()
    check("Kamal: and after it", code == 0 and told == END, (said, told))
    code, said = bench.run(".kamal/hooks/pre-deploy", KAMAL_HOSTS="dead,eu-app-1")
    told = bench.told()
    check("Kamal: a host that is not reached stops no deploy, and is named",
          code == 0 and len(told) == 2 and "dead was not told" in said, (said, told))

    code, said = bench.run(".kamal/deploy")
    told = sorted(bench.told())
    check("Kamal: a deploy tells each twice", code == 0 and told == sorted(BEGIN + END), told)
    code, said = bench.run(".kamal/deploy", "fail")
    told = sorted(bench.told())
    check("Kamal: one that fails as well, with its exit code",
          code == 7 and told == sorted(BEGIN + END), (code, told))
    for number in (signal.SIGINT, signal.SIGTERM):
        interrupted(bench, number)
    check("Kamal: nothing is left", not bench.left(), bench.left())


def interrupted(bench, number):
    """By a terminal: everything in the foreground gets the signal."""
    process = subprocess.Popen(
        [".kamal/deploy", "hang"], cwd=bench.place, env=os.environ | bench.environment,
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL)
    mark = bench.place / "hanging"
    end = time.monotonic() + 240
    while not mark.exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, number)
    code = process.wait(240)
    mark.unlink(missing_ok=True)
    told = sorted(bench.told())
    check(f"Kamal: so does one that gets {number.name}",
          code != 0 and told == sorted(BEGIN + END), (code, told))


def scripts():
    for path in sorted(each for each in KAMAL.rglob("*") if each.is_file()):
        run("shellcheck", path, good=f"shellcheck finds nothing in {path.relative_to(KAMAL)}")
        check(f"{path.relative_to(KAMAL)} can be run", os.access(path, os.X_OK))


CAPFILE = """require "capistrano/setup"
require "capistrano/deploy"
require "capistrano/scm/git"
install_plugin Capistrano::SCM::Git
load "signalbox.rake"
"""
DEPLOY = """set :application, "app"
set :repo_url, "nothing"
set :stages, []
"""
# Every command succeeds on every host and does nothing; those of Signalbox are noted.
STAGE = """
class Told < SSHKit::Backend::Abstract
  def self.configure; end

  def execute_command(command)
    said = command.to_command.delete_prefix("/usr/bin/env ")
    File.write(ENV.fetch("LOG"), "#{host}|#{said}\\n", mode: "a") if said.start_with?("signalbox")
    command.started = true
    command.exit_status = 0
  end

  def upload!(*); end
end
set :sshkit_backend, Told
server "us-app-1", roles: %w[app]
server "us-app-2", roles: %w[app]
server "eu-app-1", roles: %w[app]
server "db", roles: %w[db]
Rake::Task["deploy:publishing"].enhance { raise "broken" if ENV["BROKEN"] }
"""


def halves(told):
    """It tells them at the same time, in no order."""
    return (sorted(told[:3], key=lambda each: HOSTS.index(each[0])),
            sorted(told[3:], key=lambda each: HOSTS.index(each[0])))


def capistrano(bench):
    """Capistrano itself; what it does on hosts is left out."""
    (bench.place / "config" / "deploy").mkdir(parents=True)
    shutil.copy(RAKE, bench.place)
    for name, text in (("Capfile", CAPFILE), ("config/deploy.rb", DEPLOY),
                       ("config/deploy/stage.rb", STAGE)):
        (bench.place / name).write_text(text)
    code, said = bench.run("cap", "stage", "deploy")
    told = bench.told()
    check("Capistrano: a deploy tells its app hosts when it begins and ends",
          code == 0 and halves(told) == (BEGIN, END), f"{said[-3000:]}\n{told}")
    code, said = bench.run("cap", "stage", "deploy", BROKEN="1")
    told = bench.told()
    check("Capistrano: one that fails as well",
          code != 0 and halves(told) == (BEGIN, END), f"{said[-3000:]}\n{told}")


def main():
    with bench.folder() as place:
        scripts()
        made = Bench(place)
        kamal(made)
        if shutil.which("cap"):
            capistrano(made)
        else:
            print("!!! Capistrano is not installed: its tasks are not tried")
    bench.end()


main()
