"""The story of the Ansible collection: hosts from nothing, again, looked at, changed, upgraded."""

import base64
import hashlib
import json
import os
import re

import places
from playbook import PROJECT, Playbook, changed
from shell import Failure, poll, run
from story import Story
from watch import UNIT

AGENT = "signalbox-agent"
NEWCOMER, ADDRESS = "us-east-app-3", "10.83.1.13"
USER_DATA = os.path.join(PROJECT, "docs", "examples", "cloud-init", "agent.yml")


class StackStory(Story):
    def __init__(self, world, report, speed, programs):
        super().__init__(world, report, speed)
        self.programs = programs
        self.playbook = Playbook(world, programs, report)
        world.app_host(self.us, NEWCOMER, ADDRESS)
        self.newcomer = world.hosts[NEWCOMER]
        self.changes = {"coordinator_settings": {"rehearsal_speed": speed},
                        "agent_settings": {"rehearsal_speed": speed}} if speed != 1 else {}

    def play(self):
        try:
            self.all()
        finally:
            self.playbook.close()

    def all(self):
        world, report = self.world, self.report
        self.managed = [world.coordinator, *world.app_hosts()]
        for host in [*self.managed, self.newcomer]:
            self.playbook.let_in(host)
        self.playbook.install()
        self.playbook.write(self.changes)
        with report.measure("boot", "12 hosts and a visitor"):
            world.boot()
        with report.measure("stand-ins", "Linode, DynamoDB, 5 name servers; the app's record"):
            self.installation.sandbox()
            self.installation.record(self.us)
            self.serve()
        with report.measure("a check", "of hosts that have nothing"):
            self.look_first()
        with report.measure("from nothing", "7 hosts, agents three at a time"):
            _, said, counts = self.playbook.play()
        self.check("every host was changed, none failed", set(changed(counts)) == {
            host.name for host in self.managed}, counts)
        self.check("no secret is shown", not any(
            word in said for word in (places.TOKEN, places.SECRET_KEY)), said)
        with report.measure("steady", "until all regions are healthy and one could take over"):
            self.watch.wait_until_steady("us-east", self.within(240))
        self.steady()
        self.keys()
        with report.measure("again", "a second run, a check, one region"):
            self.again()
        with report.measure("changes", "one setting; one that needs a restart; bad ones"):
            self.change()
        with report.measure("a host joins", "made by its user data, introduced by Ansible"):
            self.first_boot()
            self.join()
        with report.measure("upgrade", "a higher version, agents two at a time"):
            self.upgrade()
        self.watch.wait_until_steady("us-east", self.within(240))
        self.check("all regions are healthy at the end", True)

    def look_first(self):
        _, _, counts = self.playbook.play("--check", "--diff")
        self.check("a check from nothing passes", all(
            each["failed"] == each["unreachable"] == 0 for each in counts.values()), counts)
        self.check("and would change every host", set(changed(counts)) == {
            host.name for host in self.managed}, counts)
        left = [host.name for host in self.managed if host.exists("/etc/signalbox")
                or host.exists("/usr/bin/signalbox-agent")]
        self.check("and changes none", not left, left)

    def keys(self):
        """Each host has a key of its own, for root alone; none is anywhere else."""
        texts = set()
        for host in self.managed:
            name = "coordinator-key" if host is self.world.coordinator else "agent-key"
            found = host.run("stat", "-c", "%U %a", f"/etc/signalbox/secrets/{name}").stdout
            self.check(f"{host.name}: its key is for root alone", found == "root 600\n", found)
            texts.add(host.run("cat", f"/etc/signalbox/secrets/{name}").stdout)
        self.check("each key is another one", len(texts) == len(self.managed))
        for host in self.managed:
            found = host.run("grep", "-rlE", "BEGIN PRIVATE KEY", "/etc/signalbox").stdout.split()
            self.check(f"{host.name} has one private key", len(found) == 1, found)
        environment = self.world.hosts["us-east-app-1"].run("cat", "/etc/signalbox/region.env")
        self.check("the app is told its AWS region",
                   "AWS_REGION=us-east-1\n" in environment.stdout, environment)
        unit = self.world.hosts["us-east-app-1"].run("systemctl", "cat", "guestbook").stdout
        self.check("by a drop-in of its unit", "/etc/signalbox/region.env" in unit, unit)

    def again(self):
        before = self.processes()
        vault = {"signalbox_linode_token": places.TOKEN, "signalbox_linode_token_src": "",
                 "signalbox_aws_credentials": places.credentials(),
                 "signalbox_aws_credentials_src": ""}
        for name, *options in (
            ("a second run",), ("a check", "--check"), ("one region's hosts alone", "--limit", "us_east"),
            ("the coordinator's alone", "--limit", "coordinator"),
            ("secrets out of variables", "-e", json.dumps(vault)),
        ):
            _, said, counts = self.playbook.play(*options)
            self.check(f"{name}: nothing changes", counts and not changed(counts), said)
            shown = [word for word in (places.TOKEN, places.SECRET_KEY) if word in said]
            self.check("and no secret is shown", not shown, said)
        self.check("no process was restarted", self.processes() == before, self.processes())

    def processes(self):
        found = {host.name: host.unit(AGENT, "MainPID") for host in self.world.app_hosts()}
        return found | {"coordinator": self.world.coordinator.unit(UNIT, "MainPID")}

    def file(self, host, name):
        return host.run("cat", f"/etc/signalbox/{name}.toml").stdout

    def change(self):
        world, before = self.world, self.processes()
        service = {"dns": [places.APP], "table": "app",
                   "regions": [r.name for r in places.REGIONS]}
        text = self.file(world.coordinator, "coordinator")
        self.changes["signalbox_services"] = {"app": service | {"cooldown": "12m"}}
        self.playbook.write(self.changes)
        _, said, counts = self.playbook.play()
        self.check("one setting changes the coordinator's host alone",
                   set(changed(counts)) == {"coordinator"}, said)
        added = set(self.file(world.coordinator, "coordinator").splitlines()) - set(
            text.splitlines())
        self.check("and one line of its file", added == {'cooldown = "12m"'}, added)
        self.check("by a reload", self.processes() == before, self.processes())
        journal = world.coordinator.journal("-u", UNIT)
        self.check("which the journal tells", "cooldown" in journal, journal)

        host = world.hosts["eu-central-app-2"]
        own = {host.name: {"agent_settings": self.changes.get("agent_settings", {}) | {
            "listen": "127.0.0.1:8622"}}}
        self.playbook.write(self.changes, own)
        _, said, counts = self.playbook.play()
        after = self.processes()
        self.check("a host's own setting changes that host alone",
                   set(changed(counts)) == {host.name}, said)
        self.check("and one that needs a restart restarts its agent alone",
                   {n for n in after if after[n] != before[n]} == {host.name}, after)
        answer = host.run("curl", "-sS", "http://127.0.0.1:8622/health").stdout
        self.check("which listens there", "eu-central" in answer, answer)
        self.own = own
        self.refused(after)

    def refused(self, before):
        """What is wrong is said, and changes nothing."""
        text = self.file(self.world.coordinator, "coordinator")
        service = self.changes["signalbox_services"]["app"]
        for changes, words in (
            ({"signalbox_automation": "auto"}, "found 'auto'; accepted: observe, approve"),
            ({"signalbox_services": {"app": service | {"cooldown": "12"}}}, "cooldown"),
            ({"signalbox_services": {"app": service | {"cooldwn": "12m"}}}, "Did you mean"),
            ({"signalbox_debs": "/nowhere"}, "found 0 files signalbox-coordinator_"),
        ):
            self.playbook.write(self.changes | changes, self.own)
            code, said, counts = self.playbook.play(good=False)
            self.check(f"refused with its reason: {words}",
                       code != 0 and words in said.replace("\\n", " "), said)
            self.check("and nothing is changed", not changed(counts)
                       and self.file(self.world.coordinator, "coordinator") == text, counts)
        self.check("what ran runs on", self.processes() == before, self.processes())
        self.playbook.write(self.changes, self.own)

    def user_data(self):
        """The document, filled in for the newcomer as Terraform would."""
        world, deb = self.world, self.deb()
        self.newcomer.copy(deb, "/var/tmp/agent.deb")
        with open(deb, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        certificate = world.coordinator.run("cat", "/etc/haproxy/signalbox.crt").stdout
        key = world.coordinator.shell(
            "openssl pkey -in /etc/signalbox/secrets/coordinator-key -pubout -outform DER "
            "| tail -c 32 | base64").stdout.strip()
        values = {
            "name": NEWCOMER, "region": "us-east", "aws_region": "us-east-1",
            "app_name": places.APP, "app_port": "3000", "table": "app",
            "coordinator": f"https://{places.COORDINATOR}:8621", "coordinator_key": key,
            "certificate": base64.b64encode(certificate.encode()).decode(),
            "package_url": "file:///var/tmp/agent.deb", "package_sha256": digest}
        with open(USER_DATA) as file:
            text = re.sub(r"\$\{(\w+)\}", lambda found: values[found.group(1)], file.read())
        return json.loads(run(
            os.path.join(self.programs, "python3"), "-c",
            "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))",
            stdin=text).stdout)

    def first_boot(self):
        """What cloud-init does with it at a host's first boot, the packages of Debian aside."""
        host, document = self.newcomer, self.user_data()
        for each in document["write_files"]:
            text = each["content"]
            if each.get("encoding") == "b64":
                text = base64.b64decode(text).decode()
            host.put(each["path"], text, mode=int(each["permissions"], 8))
        written = self.file(host, "agent")
        said = "".join(host.run(*command).stdout for command in document["runcmd"])
        self.check("user data: the first boot prints a public key",
                   re.search(r'public_key = "[A-Za-z0-9+/]{43}="', said), said)
        self.check("and keeps its file", self.file(host, "agent") == written)
        found = host.run("stat", "-c", "%U %a", "/etc/signalbox/secrets/agent-key").stdout
        self.check("its key is for root alone", found == "root 600\n", found)
        state = host.unit(AGENT, "ActiveState")
        self.check("the agent waits for its AWS keys", state == "inactive", state)

    def join(self):
        """A host more in the inventory: expected, configured, heard."""
        before = self.processes()
        self.playbook.write(self.changes, self.own, {NEWCOMER: ADDRESS})
        _, said, counts = self.playbook.play()
        self.check("a host that joins changes itself and the coordinator's file alone",
                   set(changed(counts)) == {NEWCOMER, "coordinator"}, said)
        self.check("the others run on", self.processes() == before, self.processes())

        def heard():
            regions = {r["region"]: r["agents"]["good"] for r in self.watch.status()["regions"]}
            return regions["us-east"] == 3
        self.check("it counts", poll("the newcomer counts", self.within(60), heard))

    def deb(self):
        return next(d for d in self.world.debs if os.path.basename(d).startswith(f"{AGENT}_"))

    def upgrade(self):
        deb = self.deb()
        version = run("dpkg-deb", "-f", deb, "Version").stdout.strip() + "+1"
        folder = os.path.join(self.world.machine.directory, "higher")
        run("dpkg-deb", "-R", deb, folder)
        control = os.path.join(folder, "DEBIAN", "control")
        with open(control) as file:
            lines = [f"Version: {version}\n" if line.startswith("Version:") else line
                     for line in file]
        with open(control, "w") as file:
            file.writelines(lines)
        os.unlink(os.path.join(self.playbook.debs, os.path.basename(deb)))
        name = os.path.basename(deb).split("_")
        run("dpkg-deb", "-Znone", "-b", folder, os.path.join(
            self.playbook.debs, f"{name[0]}_{version}_{name[2]}"))
        before = self.processes()
        _, said, counts = self.playbook.play("-e", "signalbox_serial=2")
        hosts = {host.name for host in self.world.app_hosts()}
        self.check("an upgrade changes the agents' hosts",
                   set(changed(counts)) == hosts | {NEWCOMER}, said)
        batches = said.count("PLAY [Agents]")
        self.check("two at a time", batches == 4, batches)
        after = self.processes()
        self.check("each agent is another process", {
            name for name in after if after[name] != before[name]} == hosts, after)
        for host in self.world.app_hosts():
            found = host.run("dpkg-query", "-W", "-f=${Version}", AGENT).stdout
            if found != version:
                raise Failure(f"{host.name} has {AGENT} {found}")
        _, said, counts = self.playbook.play()
        self.check("and then nothing changes", not changed(counts), said)
