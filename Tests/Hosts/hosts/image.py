"""The Debian 12 image that every host boots from, made once and kept by its recipe."""

import hashlib
import os
import re
import shutil

from shell import Failure, run

RELEASE = "bookworm"
# Beyond what the packages under test depend on: an init, a network, the app's Python, a proxy for
# TLS and load balancing, and what the documents' commands use.
PARTS = (
    "systemd systemd-sysv dbus libpam-systemd ca-certificates openssl iproute2 procps curl apt "
    "python3 python3-apt openssh-server haproxy nftables knot knot-dnsutils"
).split()
# What the Rails example is installed from, so that hosts need no network for it.
RAILS = "puma ruby-railties ruby-actionpack ruby-aws-sigv4 ruby-sidekiq".split()
HIDDEN = ("doc", "man", "locale", "info", "lintian")
# Debian starts these at once; here a host has what it is told to have.
DISABLED = ("haproxy.service", "ssh.service", "knot.service", "nftables.service", "apt-daily.timer",
            "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
            "fstrim.timer", "e2scrub_reap.service")


class Unsupported(Exception):
    """What this machine lacks."""


def sources():
    """The lines of sources for Debian 12 as this machine's apt has them."""
    done = run(
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)",
        "Created-By: Packages", check=False)
    lines = []
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 4 and words[1].startswith(RELEASE) and words[3] == "Debian":
            lines.append(f"deb {words[0]} {words[1]} {words[2]}")
    lines = sorted(set(lines))
    if not any(line.split()[2] == RELEASE for line in lines):
        raise Unsupported(f"apt has no lists of Debian 12 ({RELEASE}): run apt-get update")
    return lines


def dependencies(debs):
    """The names of the packages that these packages depend on."""
    names = set()
    for deb in debs:
        for part in run("dpkg-deb", "-f", deb, "Depends").stdout.strip().split(","):
            # The first of several alternatives.
            match = re.match(r"\s*([a-z0-9.+-]+)", part)
            if match:
                names.add(match.group(1))
    return names


def build(machine, debs, say):
    """The image's path; it is made where none of this recipe is there."""
    directory = machine.base
    origin = sources()
    include = sorted({*PARTS, *RAILS} | dependencies(debs))
    recipe = "\n".join([RELEASE, *origin, *include, *HIDDEN, *DISABLED])
    name = f"image-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    path = os.path.join(directory, name)
    if os.path.exists(path):
        say(f"the image of this recipe is there: {name}")
        return checked(path)
    say(f"making the image {name} of {len(include)} packages and what they need")
    for other in os.listdir(directory):
        if other.startswith("image-"):
            shutil.rmtree(os.path.join(directory, other))
    unfinished = os.path.join(machine.directory, "image")
    hides = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in HIDDEN]
    # Options of apt and dpkg are for the making only: the image's own apt works as usual.
    disable = f'systemctl --root="$1" -q disable {" ".join(DISABLED)} 2>&1 || true'
    run(
        *machine.inside("image"), "mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
        f"--include={','.join(include)}", '--aptopt=Acquire::Languages "none"', *hides,
        f"--customize-hook={disable}", RELEASE, unfinished, "-", stdin="\n".join(origin) + "\n",
        timeout=600)
    os.rename(checked(unfinished), path)
    return path


def checked(path):
    """Refuses an image that cannot boot."""
    if not os.path.exists(os.path.join(path, "usr/lib/systemd/systemd")):
        raise Failure(f"{path} has no systemd: remove it")
    return path
