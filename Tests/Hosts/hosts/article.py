"""The article's walk: from nothing by Ansible alone, then the five steps of its workflow.

A region fails three times: its app, its DynamoDB, the power of its hosts. A user writes notes all
the while, and each host tries jobs that one region only may do.
"""

import os
import time

import places
from article_world import TABLE, handovers, jobs, overlaps
from install import Installation
from playbook import PROJECT, Playbook, changed, changes
from shell import Failure, poll
from steps import Step, table
from watch import Faults, UNIT, Watch

BOOK = os.path.join(PROJECT, "Tests", "Hosts", "files", "article.yml")


class ArticleStory:
    """`is_small`: a region fails once, the playbook runs once, the user's resolver forgets soon."""

    def __init__(self, world, report, speed, programs, is_small):
        self.world, self.report, self.speed, self.is_small = world, report, speed, is_small
        self.check = report.check
        self.installation = Installation(world, speed)
        self.watch = Watch(world.coordinator)
        self.faults = Faults(world.internet)
        self.playbook = Playbook(world, programs, report)
        self.home = places.REGIONS[0]
        self.managed = [world.coordinator, *world.app_hosts()]
        self.steps = []

    def play(self):
        try:
            self.all()
        finally:
            self.playbook.close()

    def all(self):
        report = self.report
        for host in self.managed:
            self.playbook.let_in(host)
        self.playbook.install()
        self.playbook.write(self.variables())
        with report.measure("boot", f"{len(self.world.hosts)} hosts"):
            self.world.boot()
        with report.measure("stand-ins", "Linode, DynamoDB, 5 name servers; the app's record"):
            self.installation.sandbox()
            self.installation.record(self.home)
            self.world.forget_checks(self.linode)
        self.from_nothing()
        if not self.is_small:
            self.again()
        self.normal()
        for step in self.troubles():
            self.steps.append(step)
            self.fail(step)
            self.recover(step)
        self.afterwards()
        table(self.steps)

    def within(self, seconds):
        """A deadline for what takes some seconds at the default times: generous, not exact."""
        return 60 + seconds / self.speed

    # From nothing

    def variables(self):
        """What an operator's inventory says of this app."""
        keys = {"AWS_ACCESS_KEY_ID": places.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": places.SECRET_KEY}
        pace = {"rehearsal_speed": self.speed} if self.speed != 1 else {}
        return {
            "signalbox_services": {"app": {
                "dns": [places.APP], "table": TABLE, "regions": [r.name for r in places.REGIONS],
                # A quarter of an hour by itself, three times.
                "failback_after": f"{60 // self.speed}s"}},
            # It looks at each NodeBalancer for some seconds.
            "signalbox_setup_apply": not self.is_small,
            "signalbox_app_units": ["app.service"],
            "signalbox_table_options": ["--key", "id", "--no-sort-key"],
            "signalbox_operator_environment": keys,
            "signalbox_operator_token": places.FULL_TOKEN,
            "coordinator_settings": pace, "agent_settings": pace,
            "rails_environment": {**keys, "SECRET_KEY_BASE": "the same in every region" * 3},
            "rails_library": os.path.join(PROJECT, "Tests", "ruby", "standin"),
        }

    def run_playbook(self):
        return self.playbook.play("-e", "rails_serial=100%", book=BOOK)

    def from_nothing(self):
        hosts = {host.name for host in self.managed}
        with self.report.measure("from nothing", f"{len(hosts)} hosts, by ansible-playbook alone"):
            _, said, counts = self.run_playbook()
        self.check("every host was changed, none failed", set(changed(counts)) == hosts, counts)
        self.check("no secret is shown", not any(
            word in said for word in (places.TOKEN, places.SECRET_KEY, places.FULL_TOKEN)), said)
        self.account(said)
        replicas = self.world.replicas("")
        self.check(f"the table {TABLE} is in every region",
                   all(found is not None for found in replicas.values()), replicas)
        with self.report.measure("protected", "until all regions are healthy and one is next"):
            self.watch.wait_until_steady(self.home.name, self.within(240))
        agents = {r["region"]: r["agents"]["good"] for r in self.watch.status()["regions"]}
        self.check("every agent is heard", agents == {
            r.name: len(r.hosts) for r in places.REGIONS}, agents)

    def account(self, said):
        if self.is_small:
            return
        if "has no --apply" in " ".join(said.split()):
            self.report.say("LEFT OUT: this signalbox has no `setup --apply`: the NodeBalancers of "
                            "the account check no host; that is left to the sandbox's own tests")
            return
        found = self.world.checks(self.linode)
        self.check("the account's NodeBalancers ask their hosts for /up", all(
            each == {"check": "http", "check_path": "/up"} for each in found.values()), found)

    def linode(self, method, path, body=None):
        return self.installation.linode(method, path, body, places.FULL_TOKEN)

    def again(self):
        before = self.processes()
        with self.report.measure("again", "a second run of the playbook"):
            _, said, counts = self.run_playbook()
        self.check("a second run changes nothing", counts and not changed(counts), changes(said))
        self.check("and restarts nothing", self.processes() == before, self.processes())

    def processes(self):
        units = [(host, unit) for host in self.world.app_hosts()
                 for unit in ("app", "jobs", "signalbox-agent")]
        return {f"{host.name} {unit}": host.unit(unit, "MainPID") for host, unit in units} | {
            "coordinator": self.world.coordinator.unit(UNIT, "MainPID")}

    # 1. Normal operation

    def normal(self):
        world = self.world
        # Most of the time of a failure is the TTL of 30 s.
        world.start_client(5 if self.is_small else 86_400)
        poll("the user is served", 60, lambda: any(r["status"] == 200 for r in world.requests()))
        time.sleep(3 if self.is_small else 15)
        seen = [r for r in world.requests() if r["status"] is not None]
        wrong = [r for r in seen if (r["status"], r["region"]) != (200, self.home.aws)]
        self.check(f"normal: {self.home.name} serves, with its own replica", not wrong, wrong)
        poll("jobs run", 60, lambda: jobs(world.writes()),
             on_failure=lambda: self.home_hosts()[0].journal("-u", "jobs"))
        self.report.say(f"normal: {len(seen)} notes written, all served by {self.home.name}")

    # 2. to 4. The primary fails, DNS is changed, users are served by another region

    def home_hosts(self):
        return [self.world.hosts[name] for name in self.home.hosts]

    def troubles(self):
        """What happens to the primary, and how that ends."""
        hosts, names = self.home_hosts(), list(self.home.hosts)
        second = places.REGIONS[1].name

        def app(word):
            for host in hosts:
                host.run("systemctl", word, "app")

        yield Step("app", "the app stops on every host",
                   lambda: app("stop"), lambda: app("start"))
        if self.is_small:
            return
        yield Step("DynamoDB", "its DynamoDB answers 500",
                   lambda: self.begin(("dynamodb-down", self.home.name)), self.end)

        def cut():
            # What was written since is in the first region alone, and its hosts are gone.
            self.begin(("replication-cut", f"{self.home.name}>{second}"))
            time.sleep(4)
            self.world.cut_power(names)

        def restore():
            self.world.boot(names)
            self.end()
        yield Step("power", f"hosts have no power; replication to {second} was cut 4 s before",
                   cut, restore)

    def begin(self, fault):
        self.fault = self.faults.start(*fault)

    def end(self):
        self.faults.end(self.fault)

    def fail(self, step):
        world, report = self.world, self.report
        number = len(self.watch.incidents()) + 1
        step.begin = time.time()
        step.strike()
        step.struck = time.time()
        report.say(f"{step.name}: {step.what}")
        poll("the user is served again", self.within(180), lambda: step.look(world.requests()),
             on_failure=lambda: world.coordinator.journal("-u", UNIT))
        step.truth(world.replicas("note#"), world.requests())
        step.move = self.watch.wait_for_end(number, self.within(60))
        report.say(step.move["why"])
        for line in step.lines():
            report.say(line)
        self.check(f"{step.name}: moved away by the rule", (
            step.move["from"], step.move["outcome"]) == (self.home.name, "converged"), step.move)
        to = places.region(step.move["to"])
        self.check(f"{step.name}: users are served by {to.name}", step.region == to.aws,
                   step.region)
        here = [w for w in world.writes() if w["at"] > step.served and w["id"].startswith("note#")]
        self.check(f"{step.name}: from its own replica",
                   here and all(w["replica"] == to.aws for w in here), here[-5:])
        self.check(f"{step.name}: what is not there is within what was said",
                   step.is_within(), step.lines())
        report.time(f"{step.name}: not served", step.outage, step.what)

    # 5. Recovery and failback

    def recover(self, step):
        world, report = self.world, self.report
        active = step.move["to"]
        step.mend()
        with report.measure(f"{step.name}: recovered", "until all regions are healthy again"):
            self.watch.wait_until_steady(active, self.within(300))
        if self.is_small:
            return
        number = step.move["id"] + 1
        with report.measure(f"{step.name}: failback", "until it is taken, and the user there"):
            poll("the failback is taken", self.within(300), lambda: self.order(step), pause=5)
            self.watch.wait_for_end(number, self.within(60))
            poll("the user is back", 90, lambda: world.requests()[-1]["region"] == self.home.aws)
        step.failback = time.time() - step.ordered
        step.lost_on_return = len([
            r for r in world.requests() if r["at"] > step.ordered and r["status"] != 200])
        self.check(f"{step.name}: no request failed on the way back", step.lost_on_return == 0)
        self.watch.wait_until_steady(self.home.name, self.within(240))

    def order(self, step):
        """Asks for the failback, as an operator who may have to ask again."""
        is_first, step.ordered = step.ordered is None, time.time()
        done = self.world.coordinator.run(
            "signalbox", "failback", "app", "--yes", "--json", "--reason", "it is well again",
            check=False, timeout=300)
        said = " ".join((done.stderr or done.stdout).split())
        if done.returncode == 0:
            return True
        if is_first:
            self.report.say(f"failback: {said}")
        raise Failure(said)

    # The truth

    def afterwards(self):
        world = self.world
        written = {f"note#{r['number']}" for r in world.requests() if r["status"] == 200}

        def arrived():
            return all(found is not None and written <= found
                       for found in world.replicas("note#").values())
        self.check(f"each of the {len(written)} notes that were acknowledged is in every region",
                   poll("everything arrives", 60, arrived))
        writes = world.writes()
        strangers = [w for w in writes if w["replica"] != places.region(w["region"]).aws]
        self.check("every host wrote to its own region's replica", not strangers, strangers[:5])
        ran = jobs(writes)
        both = overlaps(ran)
        self.check(f"{len(ran)} jobs ran, never in two regions at once", ran and not both, both[:5])
        for source, target, gap in handovers(ran):
            self.report.say(f"jobs: {source} -> {target}, {gap:.1f} s between")
