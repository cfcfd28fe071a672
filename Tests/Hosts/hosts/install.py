"""Installing as docs/operating.md says: its blocks of commands are run as they stand there."""

import json
import os
import re

import places
from documents import block
from host import together
from shell import Failure, poll
from world import EDITED

DOCUMENT = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "docs", "operating.md")
KEY = r'"([A-Za-z0-9+/]{43}=)"'


class Installation:
    def __init__(self, world, speed):
        self.world, self.speed = world, speed
        self.report = world.report
        self.coordinator_key = None
        self.keys = {}

    # The stand-ins

    def sandbox(self):
        """Starts what stands in for Linode and AWS, and points the app's record at us-east."""
        host = self.world.internet
        folder = self.world.bring(host, "signalbox-sandbox")
        host.run("bash", "-c", f"cd {folder} && apt-get install -qq ./signalbox-sandbox_*.deb")
        host.run("systemctl", "enable", "--now", "sandbox.service")
        poll("the Linode API answers", 60, lambda: self.linode("GET", "/domains"),
             on_failure=lambda: host.journal("-u", "sandbox"))

    def linode(self, method, path, body=None, token=places.TOKEN):
        command = ["curl", "-sS", "--fail-with-body", "--max-time", "10", "-X", method,
                   "-H", f"Authorization: Bearer {token}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        return json.loads(
            self.world.visitor.run(*command, f"https://api.linode.com/v4{path}").stdout)

    def record(self, at):
        """The app's only record becomes an A record with the region's address."""
        zone = self.linode("GET", "/domains")["data"][0]["id"]
        for record in self.linode("GET", f"/domains/{zone}/records")["data"]:
            path = f"/domains/{zone}/records/{record['id']}"
            if record["type"] == "A":
                self.linode("PUT", path, {"target": at.public})
            elif record["type"] == "AAAA":
                self.linode("DELETE", path)
        self.world.wait_for_dns(at, 30)

    # Signalbox

    def follow(self, host, name, folder="/var/tmp", stdin=None, **edited):
        """Runs a block of the document; what `editor` is told comes from `edited`."""
        for file, text in edited.items():
            host.put(f"{EDITED}/{file.replace('_', '.')}", text)
        return host.shell(f"cd {folder}\n" + block(DOCUMENT, "sh", name), stdin=stdin).stdout

    def coordinator(self):
        host = self.world.coordinator
        folder = self.world.bring(host, "signalbox-coordinator")
        said = self.follow(
            host, "coordinator", folder, stdin=places.TOKEN + "\n",
            coordinator_toml=places.coordinator_toml(self.speed, {}))
        self.coordinator_key = self.key(said, "coordinator_key")
        host.wait_for("signalbox-coordinator")

    def tls(self):
        host = self.world.coordinator
        # Debian enables it when it is installed; in the image it is off.
        host.run("systemctl", "--quiet", "enable", "haproxy")
        self.follow(
            host, "tls",
            haproxy_cfg=self.world.proxy_cfg() + "\n" + block(DOCUMENT, "haproxy", "tls"))
        host.wait_for("haproxy")

    def agent(self, host, at):
        certificate = self.world.coordinator.run("cat", "/etc/haproxy/signalbox.crt").stdout
        host.put("/usr/local/share/ca-certificates/signalbox.crt", certificate, mode=0o600)
        self.follow(host, "trust")
        folder = self.world.bring(host, "signalbox-agent")
        said = self.follow(
            host, "agent", folder, aws=places.credentials(),
            agent_toml=places.agent_toml(self.speed, at, self.coordinator_key))
        self.keys[host.name] = self.key(said, "public_key")
        host.wait_for("signalbox-agent")

    def agents(self):
        together([
            lambda r=r, name=name: self.agent(self.world.hosts[name], r)
            for r in places.REGIONS for name in r.hosts])

    def introduce(self):
        """The agents' keys go into the coordinator's file."""
        return self.follow(
            self.world.coordinator, "agents",
            coordinator_toml=places.coordinator_toml(self.speed, self.keys))

    @staticmethod
    def key(said, name):
        found = re.search(f"{name} = {KEY}", said)
        if not found:
            raise Failure(f"check-config prints no {name}:\n{said}")
        return found.group(1)
