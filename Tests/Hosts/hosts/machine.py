"""What a run takes of this machine - processes, cgroups, namespaces, mounts, files - and returns.

Everything carries the run's name, so that one function removes it: at the end, when interrupted,
and for a run that was killed, by the next one.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time

from image import Unsupported
from shell import Failure, run

PREFIX = "signalbox-hosts-"
NSPAWN = "/run/systemd/nspawn"


class Machine:
    """One run: a directory, a cgroup and names of its own."""

    def __init__(self, base):
        self.base = base
        self.name = f"{PREFIX}{os.getpid()}"
        self.directory = os.path.join(base, self.name)
        self.cgroup = os.path.join(unified(), self.name)
        os.makedirs(self.directory)
        # Held as long as this process lives: others see that the run is not left over.
        self.lock = open(os.path.join(self.directory, "lock"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.mkdir(self.cgroup)

    def namespace(self, name):
        return f"{self.name}-{name}"

    def inside(self, name):
        """What a command begins with that shall end with the run: it joins a cgroup of it."""
        cgroup = os.path.join(self.cgroup, name)
        os.makedirs(cgroup, exist_ok=True)
        return ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', cgroup]

    def remove(self):
        remove(self.base, self.name)


def unified():
    """Where the cgroups of version 2 are mounted."""
    with open("/proc/self/mounts") as mounts:
        for line in mounts:
            words = line.split()
            if words[2] == "cgroup2":
                return words[1]
    raise Unsupported("no cgroup version 2 is mounted")


def check():
    """Throws what this machine lacks, all of it."""
    lacks = []
    if os.geteuid() != 0:
        raise Unsupported("hosts are booted by root only")
    for program in ("systemd-nspawn", "mmdebstrap", "nsenter", "ip", "dpkg-deb", "openssl"):
        if not shutil.which(program):
            lacks.append(f"{program} is not installed")
    try:
        unified()
    except Unsupported as error:
        lacks.append(str(error))
    name = f"{PREFIX}check-{os.getpid()}"
    if run("ip", "netns", "add", name, check=False).returncode != 0:
        lacks.append("network namespaces cannot be made (ip netns add)")
    else:
        if run("ip", "-n", name, "link", "add", "v0", "type", "veth", check=False).returncode:
            lacks.append("the kernel makes no veth interfaces")
        if run("ip", "-n", name, "link", "add", "b0", "type", "bridge", check=False).returncode:
            lacks.append("the kernel makes no bridges")
        run("ip", "netns", "del", name)
    if lacks:
        raise Unsupported("; ".join(lacks))


def check_overlay(base):
    """Throws where no overlay can be mounted at the place where hosts have their files."""
    with tempfile.TemporaryDirectory(dir=base) as directory:
        for part in ("lower", "upper", "work", "tree"):
            os.mkdir(os.path.join(directory, part))
        done = run(*overlay(directory, os.path.join(directory, "lower")), check=False)
        if done.returncode != 0:
            raise Unsupported(f"no overlay can be mounted in {base}: {done.stderr.strip()}")
        run("umount", os.path.join(directory, "tree"))


def overlay(directory, *lower):
    """The command that mounts `directory`/tree over `lower`, the uppermost first."""
    options = (f"lowerdir={':'.join(lower)},upperdir={directory}/upper,workdir={directory}/work")
    return ("mount", "-t", "overlay", "overlay", "-o", options, f"{directory}/tree")


def sweep(base, say):
    """Removes what a run left that was killed."""
    for name in sorted(os.listdir(base)):
        if not name.startswith(PREFIX):
            continue
        path = os.path.join(base, name, "lock")
        try:
            with open(path, "a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure(f"another run is under way: {name}")
        say(f"removing what {name} left behind")
        remove(base, name)


def remove(base, name):
    """Ends and removes everything of a run."""
    directory, cgroup = os.path.join(base, name), os.path.join(unified(), name)
    kill(cgroup)
    locks = nspawn_locks(directory)
    for mount in reversed(mounts(directory)):
        if run("umount", mount, check=False).returncode != 0:
            run("umount", "--lazy", mount, check=False)
    for namespace in namespaces(name):
        run("ip", "netns", "del", namespace, check=False)
    for folder, _, _ in os.walk(cgroup, topdown=False):
        for _ in range(50):
            try:
                os.rmdir(folder)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.1)
    for path in nspawn_leftovers(name) + locks:
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    shutil.rmtree(directory, ignore_errors=True)


def kill(cgroup):
    """Ends all processes of a cgroup and those below it; returns when they are gone."""
    end = time.monotonic() + 20
    while members := processes(cgroup):
        for process in members:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if time.monotonic() > end:
            raise Failure(f"the processes {members} of {cgroup} do not end")
        time.sleep(0.05)


def processes(cgroup):
    """The ids of the processes in a cgroup and those below it."""
    found = []
    for folder, _, _ in os.walk(cgroup):
        try:
            with open(os.path.join(folder, "cgroup.procs")) as file:
                found += [int(line) for line in file]
        except FileNotFoundError:
            pass
    # A process of an outer namespace is shown as 0.
    return [process for process in found if process > 0]


def mounts(directory):
    with open("/proc/self/mounts") as file:
        return [line.split()[1] for line in file if line.split()[1].startswith(directory + "/")]


def namespaces(name):
    try:
        return sorted(n for n in os.listdir("/run/netns") if n.startswith(f"{name}-"))
    except FileNotFoundError:
        return []


def nspawn_leftovers(name):
    """Files that systemd-nspawn keeps by a machine's name."""
    found = []
    for folder, directories, files in os.walk(NSPAWN):
        found += [os.path.join(folder, n) for n in directories + files if f"{name}-" in n]
    return found


def nspawn_locks(directory):
    """The lock files of systemd-nspawn for the trees that are mounted."""
    found = []
    for mount in mounts(directory):
        tree = os.stat(mount)
        path = os.path.join(NSPAWN, "locks", f"inode-{tree.st_dev}:{tree.st_ino}")
        found += [path] if os.path.exists(path) else []
    return found


def nspawn_files():
    """How many files systemd-nspawn keeps on this machine."""
    return sum(len(files) for _, _, files in os.walk(NSPAWN))


def leftovers(base, name):
    """What is there of a run; nothing, after `remove`."""
    directory, cgroup = os.path.join(base, name), os.path.join(unified(), name)
    found = [f"process {p}" for p in processes(cgroup)] + [f"mount {m}" for m in mounts(directory)]
    found += [f"namespace {n}" for n in namespaces(name)]
    found += [p for p in (directory, cgroup) if os.path.exists(p)] + nspawn_leftovers(name)
    # Programs that left their cgroup would show the run's files or name.
    listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    found += [line.strip() for line in listing.splitlines() if f"{name}-" in line]
    return found
