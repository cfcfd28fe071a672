"""Ansible, as an operator runs it: from a machine that reaches the hosts by ssh."""

import json
import os
import re
import tempfile

import places
from shell import Failure, run
from world import World

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
HOME = "/root"


class Playbook:
    """The collection, installed, with an inventory of the world's hosts."""

    def __init__(self, world, programs, report):
        self.world, self.programs, self.report = world, programs, report
        # Short: the paths of sockets are.
        self.folder = tempfile.TemporaryDirectory(prefix="sb-")
        self.inventory = os.path.join(self.folder.name, "hosts.yml")
        self.debs = os.path.join(self.folder.name, "debs")
        os.mkdir(self.debs)
        for deb in world.debs:
            os.symlink(deb, os.path.join(self.debs, os.path.basename(deb)))
        self.key = os.path.join(self.folder.name, "key")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        self.secret("linode-token", places.TOKEN + "\n")
        self.secret("aws", places.credentials())
        self.write({})

    def secret(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def install(self):
        """The collection as it would be published."""
        run(os.path.join(self.programs, "ansible-galaxy"), "collection", "install", "--force",
            "-p", os.path.join(self.folder.name, "collections"),
            os.path.join(PROJECT, "Packaging", "ansible"), environment=self.environment())

    def let_in(self, host):
        """What a provider does when a host is made: ssh with the operator's key."""
        with open(f"{self.key}.pub") as file:
            host.put(f"{HOME}/.ssh/authorized_keys", file.read(), mode=0o600)
        World.enable(host, "ssh.service")

    def write(self, changes, hosts=None, joined=None):
        """The inventory; `changes` go over its variables, `hosts` over those of single hosts;
        `joined` are more hosts of us-east."""
        variables = {
            "ansible_user": "root", "ansible_ssh_private_key_file": self.key,
            "ansible_python_interpreter": "/usr/bin/python3",
            "signalbox_debs": self.debs, "signalbox_apt_update": False,
            "signalbox_automation": "automatic",
            "signalbox_coordinator_url": f"https://{places.COORDINATOR}:8621",
            "signalbox_regions": {
                r.name: {"aws": r.aws, "addresses": [r.public]} for r in places.REGIONS},
            "signalbox_services": {"app": {
                "dns": [places.APP], "table": "app", "regions": [r.name for r in places.REGIONS]}},
            "signalbox_checks": [{"http": "http://127.0.0.1:3000/health", "host": places.APP}],
            "signalbox_app_units": ["guestbook.service"],
            "signalbox_linode_token_src": os.path.join(self.folder.name, "linode-token"),
            "signalbox_aws_credentials_src": os.path.join(self.folder.name, "aws"),
        }
        own = hosts or {}
        groups = {
            r.name.replace("-", "_"): {
                "vars": {"signalbox_region": r.name},
                "hosts": {name: {"ansible_host": address, **own.get(name, {})}
                          for name, address in r.hosts.items()}}
            for r in places.REGIONS}
        for name, address in (joined or {}).items():
            groups["us_east"]["hosts"][name] = {"ansible_host": address}
        coordinator = {
            "ansible_host": places.COORDINATOR_ADDRESS,
            "coordinator_proxy_address": places.COORDINATOR_ADDRESS,
            **own.get("coordinator", {})}
        document = {"all": {
            "vars": variables | changes,
            "children": {
                "signalbox_coordinator": {"hosts": {"coordinator": coordinator}},
                "signalbox_agents": {"children": groups}}}}
        with open(self.inventory, "w") as file:
            json.dump(document, file, indent=1)

    def environment(self):
        return {
            "PATH": os.pathsep.join([self.programs, os.environ["PATH"]]),
            # What a playbook makes here for itself goes with the folder.
            "HOME": self.folder.name, "TMPDIR": self.folder.name, "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.path.join(self.folder.name, "collections"),
            "ANSIBLE_HOST_KEY_CHECKING": "false", "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": os.path.join(self.folder.name, "c"),
            "ANSIBLE_LOCAL_TEMP": os.path.join(self.folder.name, "local"),
            "ANSIBLE_FORKS": "8", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_RETRY_FILES_ENABLED": "false",
        }

    def play(self, *options, good=True, book="signalbox.failover.site"):
        """Runs a playbook; gives what it says, and for each host what it counted."""
        network = self.world.machine.namespace("visitor")
        done = run(
            *self.world.machine.inside("ansible"), "ip", "netns", "exec", network,
            os.path.join(self.programs, "ansible-playbook"), "-i", self.inventory,
            # One by one is for those who have users.
            book, "-e", "signalbox_serial=3", *options,
            check=False, timeout=900, environment=self.environment())
        said = done.stdout + done.stderr
        if good and done.returncode != 0:
            raise Failure(f"ansible-playbook {' '.join(options)}: {done.returncode}\n{said}")
        return done.returncode, said, recap(said)

    def close(self):
        self.folder.cleanup()


def recap(said):
    """Host by host: ok, changed, failed, ... as the last lines count them."""
    found = {}
    for line in said.partition("PLAY RECAP")[2].splitlines():
        match = re.match(r"^(\S+)\s+: (.*)$", line)
        if match:
            found[match.group(1)] = {
                key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", match.group(2))}
    return found


def changed(counts):
    """The hosts where something changed, with how many."""
    return {host: each["changed"] for host, each in counts.items() if each["changed"]}


def changes(said):
    """The tasks that changed something, with their hosts."""
    found, task = [], ""
    for line in said.splitlines():
        if line.startswith(("TASK [", "RUNNING HANDLER [")):
            task = line.rstrip(" *")
        elif line.startswith("changed:"):
            found.append(f"{task} {line}")
    return "\n".join(found)
