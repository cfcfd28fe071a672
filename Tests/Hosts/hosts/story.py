"""What happens, in its order, and what has to be true then."""

import json
import time

import places
from documents import command
from install import DOCUMENT, Installation
from packages import Packages
from shell import Failure, poll
from watch import Faults, UNIT, Watch, parts


class Story:
    """`speed` divides Signalbox's times, and with them the deadlines of what it does."""

    def __init__(self, world, report, speed):
        self.world, self.report, self.speed = world, report, speed
        self.installation = Installation(world, speed)
        self.packages = Packages(world, report)
        self.watch = Watch(world.coordinator)
        self.faults = Faults(world.internet)
        self.check = report.check
        self.us, self.eu, self.ap = places.REGIONS

    def play(self):
        report = self.report
        with report.measure("boot", "11 hosts and a visitor"):
            self.world.boot()
        self.check("every host is up", True)
        with report.measure("stand-ins", "Linode, DynamoDB, 5 name servers; the app's record"):
            self.installation.sandbox()
            self.installation.record(self.us)
            self.serve()
        with report.measure("install", "packages, keys, TLS and files, as the document says"):
            self.install()
        with report.measure("steady", "until all regions are healthy and one could take over"):
            self.watch.wait_until_steady("us-east", self.within(240))
        self.steady()
        with report.measure("mistakes", "a wrong key; an upgrade; reloads, bad and good"):
            self.packages.wrong_key(self.world.hosts["ap-south-app-2"], "agent")
            self.packages.upgrade(self.world.hosts["ap-south-app-1"], "signalbox-agent")
            self.packages.reload(self.world.hosts["ap-south-app-1"], "agent")
            self.packages.reload(self.world.coordinator, "coordinator")
        self.watch.wait_until_steady("us-east", self.within(240))
        self.failover()
        with report.measure("back to health", "the dead hosts boot, and are trusted again"):
            self.world.boot(self.world.region_names("us-east"))
            target = self.watch.wait_until_steady("eu-central", self.within(300))
        self.check("all regions are healthy again", True)
        self.resume(places.region(target))
        with report.measure("purge", "an app host, the coordinator's and the sandbox's"):
            self.purge()

    def within(self, seconds):
        """A deadline for what takes some seconds at the default times: generous, not exact."""
        return 60 + seconds / self.speed

    # Before anything is wrong

    def serve(self):
        """The app serves in each region, by name in the active one, and keeps what it is told."""
        def answers():
            for region in places.REGIONS:
                told = self.world.visit(
                    "--resolve", f"{places.APP}:443:{region.address}", path="/health")
                if json.loads(told) != {"status": "healthy", "region": region.name}:
                    raise Failure(f"{region.name} answers {told}")
            return True
        self.check("the app serves in every region", poll("the app serves", 60, answers))
        self.world.visit("--data-binary", "written in us-east")
        page = self.page()
        self.check("guests are served by us-east", page["region"] == "us-east", page)
        self.check("and what they write stays", page["lines"] == ["written in us-east"], page)

    def page(self):
        return json.loads(self.world.visit())

    def install(self):
        self.installation.coordinator()
        self.packages.wrong_key(self.world.coordinator, "coordinator")
        self.installation.tls()
        self.installation.agents()
        said = self.installation.introduce()
        self.check("signalbox status answers", "AGENTS" in said and "us-east" in said, said)

    def steady(self):
        service = self.watch.status()
        agents = {r["region"]: r["agents"]["good"] for r in service["regions"]}
        self.check("both agents of each region are heard",
                   agents == {"us-east": 2, "eu-central": 2, "ap-south": 2}, agents)
        # The supervisor's lines follow what the screens say, a moment later.
        def line():
            said = self.watch.line()
            if "active us-east" not in said or "all healthy" not in said:
                raise Failure(said)
            return True
        self.check("the coordinator's status line says so", poll("its status line", 30, line))

        def lines():
            said = [host.unit("signalbox-agent", "StatusText") for host in self.world.app_hosts()]
            if not all(x.startswith("reporting to https://") for x in said):
                raise Failure("\n".join(said))
            return True
        self.check("each agent's status line says where it reports",
                   poll("their status lines", 30, lines))
        complaints = [host.journal("-g", "thread priority") for host in
                      [self.world.coordinator, *self.world.app_hosts()]]
        self.check("nothing complains of thread priorities", not any(complaints), complaints)
        explained = self.world.coordinator.run("signalbox", "explain", "app").stdout
        self.check("signalbox explain says why nothing moves", "R100" in explained, explained)
        move = f"failover app --to {self.eu.name} --yes"
        for words, allowed in (("status", True), (move, False)):
            done = self.world.coordinator.run(
                "runuser", "-u", "nobody", "--", "signalbox", *words.split(), check=False)
            self.check(f"{'anyone' if allowed else 'only root'} may: signalbox {words}",
                       (done.returncode == 0) == allowed, done)
        self.check("all name servers agree", [s["answer"] for s in service["name_servers"]] == [
            "new"] * 5, service["name_servers"])

    # A region dies

    def failover(self):
        before = time.monotonic()
        self.world.cut_power(self.world.region_names("us-east"))
        cut = time.monotonic()
        self.report.say("us-east has no power: two hosts and its NodeBalancer")
        self.world.wait_for_dns(self.eu, self.within(120))
        self.report.time("failover, at the name servers", time.monotonic() - cut,
                         "from the power cut until all show eu-central")
        poll("guests are served by eu-central", 30, lambda: self.page()["region"] == "eu-central")
        self.report.time("failover, for a guest", time.monotonic() - before)
        move = self.watch.wait_for_end(1, self.within(60))
        self.report.say(move["why"])
        self.ended(move, "us-east", "eu-central")
        for name, seconds in parts(move).items():
            self.report.time(f"  {name}", seconds, "as the history tells")
        page = self.page()
        self.check("what guests wrote in us-east is there",
                   page["lines"] == ["written in us-east"], page)

    def ended(self, move, source, target):
        found = (move["from"], move["to"], move["outcome"])
        self.check(f"{source} -> {target} is in the history", found == (
            source, target, "converged"), move)
        rules = self.watch.rules(move["epoch"])
        self.check("the journal tells the decision (250) and the end (410)",
                   250 in rules and 410 in rules and rules.index(250) < rules.index(410), rules)
        told = self.world.coordinator.run(
            "journalctl", "-q", "--no-pager", "-x", f"SIGNALBOX_EPOCH={move['epoch']}",
            "SIGNALBOX_RULE=250").stdout
        self.check("journalctl -x explains the decision", "Subject:" in told, told)
        found = self.world.coordinator.shell(
            command(DOCUMENT, "every failover") + " -q --no-pager -o cat").stdout.splitlines()
        self.check("the document's query finds every failover", len(found) == move["id"], found)
        self.check("every name server agrees", set(self.world.dns()) == {
            places.region(target).address}, self.world.dns())

    # The coordinator dies in the middle of a move

    def resume(self, target):
        world, report = self.world, self.report
        witness = world.hosts["us-east-app-1"]
        agent = witness.unit("signalbox-agent", "MainPID", "NRestarts")
        seen = self.faults.requests()[-1]["number"]
        hang = self.faults.start("api-hang", "PUT")
        world.cut_power(world.region_names("eu-central"))
        poll("the coordinator writes", self.within(120), lambda: self.writes(seen),
             on_failure=lambda: world.coordinator.journal("-u", UNIT))
        world.coordinator.cut_power()
        report.say("the coordinator's host died: its intent is stored, its write has no answer")
        self.check("DNS is as it was", world.agree(self.eu.address))
        poll("the agent notices", self.within(60), lambda: witness.unit(
            "signalbox-agent", "StatusText").startswith("not heard by"))
        now = witness.unit("signalbox-agent", "MainPID", "NRestarts")
        self.check("an agent runs on without the coordinator", now == agent, (now, agent))
        self.faults.end(hang)
        with report.measure("coordinator resumes", "its boot until all name servers show it"):
            world.coordinator.boot()
            world.wait_for_dns(target, self.within(120))
        move = self.watch.wait_for_end(2, self.within(60))
        report.say(move["why"])
        self.ended(move, "eu-central", target.name)
        for name, seconds in parts(move).items():
            report.time(f"  {name}", seconds, "as the history tells")
        writes = [r["path"] for r in self.faults.requests(seen) if r["applied"]]
        self.check("record and marker were written once", len(writes) == 2 == len(set(writes)),
                   writes)
        page = self.page()
        self.check(f"guests are served by {target.name}", page["region"] == target.name, page)
        boots = world.coordinator.run("journalctl", "--list-boots", "-q").stdout.splitlines()
        self.check("the journal has both boots", len(boots) == 2, boots)

    def writes(self, after):
        return any(r["method"] == "PUT" for r in self.faults.requests(after))

    # The end

    def purge(self):
        world = self.world
        self.packages.purge(world.hosts["us-east-app-1"], "signalbox-agent")
        self.packages.purge(world.coordinator, "signalbox-coordinator")
        world.internet.run("systemctl", "stop", "sandbox.service")
        self.packages.purge(world.internet, "signalbox-sandbox")
