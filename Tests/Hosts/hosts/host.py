"""A host: Debian with systemd as its first process, or a program alone, in a network of its own."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from machine import overlay
from shell import STOPPING, Failure, command_text, poll, run, tail

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
    "TERM=dumb", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")


class Host:
    """`layers` are the read-only trees below its own, the uppermost first."""

    def __init__(self, machine, network, name, addresses, layers, program=()):
        self.machine, self.network, self.name, self.program = machine, network, name, program
        self.addresses = addresses
        self.directory = os.path.join(machine.directory, name)
        self.tree = os.path.join(self.directory, "tree")
        self.namespace = machine.namespace(name)
        self.process = None
        self.leader = None
        for part in ("upper", "work", "tree"):
            os.makedirs(os.path.join(self.directory, part))
        run(*overlay(self.directory, *layers))
        os.makedirs(os.path.join(self.tree, "var/log/journal"), exist_ok=True)
        self.put("/etc/hostname", name + "\n")
        # Empty: the first boot makes it.
        self.put("/etc/machine-id", "")
        network.join(name, addresses)

    # Files

    def put(self, path, text, mode=0o644):
        """Writes a file of the host, whether it runs or not."""
        full = self.tree + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(os.open(full, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)

    def copy(self, source, path):
        """Copies a file of this machine to the host."""
        os.makedirs(os.path.dirname(self.tree + path), exist_ok=True)
        run("cp", source, self.tree + path)

    def exists(self, path):
        return os.path.lexists(self.tree + path)

    # Power

    def boot(self):
        """Starts it, and returns when it is up."""
        if STOPPING.is_set():
            return
        self.network.connect(self.name)
        command = [
            "systemd-nspawn", "--quiet", f"--directory={self.tree}", "--keep-unit",
            "--register=no", f"--network-namespace-path=/run/netns/{self.namespace}",
            f"--machine={self.namespace}", f"--hostname={self.name}", "--resolv-conf=off",
            "--timezone=off", "--console=pipe", "--kill-signal=SIGRTMIN+3",
            "--capability=CAP_NET_ADMIN",
        ]
        command += ["--as-pid2", *self.program] if self.program else ["--boot"]
        # A cgroup of its own for each: two hosts in one would share their processes' cgroups.
        with open(os.path.join(self.directory, "console.log"), "a") as console:
            self.process = subprocess.Popen(
                [*self.machine.inside(self.name), *command],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                env={"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        self.leader = poll(
            f"{self.name} starts", 60, self.first_process, pause=0.02, on_failure=self.console)
        with open(os.path.join(self.directory, "leader"), "w") as file:
            file.write(f"{self.leader}\n")
        if not self.program:
            poll(f"{self.name} is up", 120, self.is_up, pause=0.05, on_failure=self.console)

    def first_process(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.console()}")
        for child in children(self.process.pid):
            try:
                with open(f"/proc/{child}/status") as status:
                    ids = next(line for line in status if line.startswith("NSpid:")).split()[1:]
            except OSError:
                continue
            # The first process of a namespace that has its program already.
            if len(ids) == 2 and ids[1] == "1" and (self.program or name(child) == "systemd"):
                return child
        return None

    def is_up(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.console()}")
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        if state == "degraded":
            units = self.run("systemctl", "--failed", "--plain", "--no-legend").stdout
            raise Failure(f"{self.name} is up, but units failed:\n{units}")
        return state == "running"

    def console(self):
        with open(os.path.join(self.directory, "console.log"), errors="replace") as file:
            return tail(file.read(), 20)

    def cut_power(self):
        """Nothing of it answers from now on, and its first process is killed."""
        self.network.disconnect(self.name)
        os.kill(self.leader, 9)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not end after its first process was killed")
        self.process = self.leader = None

    # Commands

    def run(self, *command, **options):
        """Runs a command in it."""
        if self.leader is None:
            raise Failure(f"{self.name} is off: {command_text(command)}")
        return run(
            "nsenter", "-t", self.leader, "-a", "--", "env", "-i", *ENVIRONMENT, *command,
            **options)

    def shell(self, script, stdin=None, **options):
        """Runs a script as root would type it."""
        return self.run("bash", "-ec", script, stdin=stdin, **options)

    def journal(self, *matches, lines=40):
        """The journal's last lines for people."""
        done = self.run(
            "journalctl", "--no-pager", "-q", "-o", "short-precise", "-n", lines, *matches,
            check=False)
        return done.stdout

    def unit(self, unit, *properties):
        """Properties of a unit, in this order."""
        done = self.run("systemctl", "show", unit, "-p", ",".join(properties))
        found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        values = [found.get(key, "") for key in properties]
        return values[0] if len(values) == 1 else values

    def wait_for(self, unit, seconds=60):
        """Returns when a unit is active."""
        poll(
            f"{unit} runs on {self.name}", seconds,
            lambda: self.unit(unit, "ActiveState") == "active",
            on_failure=lambda: self.journal("-u", unit))


def children(process):
    done = run("pgrep", "-P", process, check=False)
    return [int(line) for line in done.stdout.split()]


def name(process):
    try:
        with open(f"/proc/{process}/comm") as file:
            return file.read().strip()
    except OSError:
        return ""


def together(actions):
    """Runs functions at the same time and returns when all have ended; throws the first error,
    after which the run ends."""
    pool = ThreadPoolExecutor(max_workers=len(actions) or 1)
    futures = [pool.submit(action) for action in actions]
    try:
        for future in futures:
            future.result()
    except BaseException:
        # The others give up soon; `settle` waits for them.
        STOPPING.set()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
