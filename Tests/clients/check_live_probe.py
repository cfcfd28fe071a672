"""The live probe against the sandbox: it gets the answers that the sandbox defines, touches nothing
else, and leaves nothing behind, however it ends."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import linode_sandbox
from linode_sandbox import ROOT, eventually, same

PROBE = ROOT / "Packaging" / "scripts" / "live-probe"
TOKEN, LIMITED = "sandbox-full-token", "sandbox-read-token"
SECONDS = 300


class Bench:
    """A folder of its own for each check, with the tokens in files."""

    def __init__(self, sandbox, folder):
        self.sandbox, self.folder = sandbox, pathlib.Path(folder)
        self.state = self.folder / "state"
        for name, text in (("token", TOKEN), ("limited", LIMITED)):
            (self.folder / name).write_text(text + "\n")
        self.servers = ",".join(sandbox.request("GET", "/_sandbox/addresses")["name_servers"])

    def words(self, *more, changes=0):
        """The command line; times are those of a sandbox."""
        return [
            str(PROBE), "--api", self.sandbox.url + "/v4", "--token-file", self.folder / "token",
            "--state-directory", self.state, "--name-servers", self.servers, "--poll", "0.1",
            "--settle", "1", "--patience", "60", "--changes", str(changes), *more,
        ]  # fmt: skip

    def start(self, *more, **options):
        return subprocess.Popen(
            self.words(*more, **options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "LINODE_TOKEN"},
        )

    def finish(self, process):
        """(exit code, standard output, standard error); no token is in them."""
        try:
            output, errors = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        for token in (TOKEN, LIMITED):
            assert token not in output + errors, "a token is shown"
        return process.returncode, output, errors

    def run(self, *more, **options):
        return self.finish(self.start(*more, **options))

    def zones(self):
        found = self.sandbox.request("GET", "/v4/domains?page_size=500")["data"]
        return sorted(zone["domain"] for zone in found)

    def balancers(self):
        found = self.sandbox.request("GET", "/v4/nodebalancers")["data"]
        return sorted(balancer["label"] for balancer in found)

    def lists(self):
        return sorted(self.state.glob("*.json")) if self.state.exists() else []

    def is_untouched(self):
        same(self.zones(), [linode_sandbox.ZONE])
        same([name for name in self.balancers() if name.startswith("sbprobe")], [])
        same(self.lists(), [])


@contextlib.contextmanager
def bench(sandbox):
    with tempfile.TemporaryDirectory(prefix="live-probe") as folder:
        yield Bench(sandbox, folder)


def writes(sandbox):
    return [request for request in sandbox.seen() if request["method"] != "GET"]


def answers_are_those_of_the_sandbox(sandbox):
    with bench(sandbox) as b:
        before = sandbox.records()
        code, output, errors = b.run(
            "--yes", "--json", "--with-nodebalancer", "--limited-token-file", b.folder / "limited",
            changes=2,
        )  # fmt: skip
        same((code, errors.count("Traceback")), (0, 0))
        document = json.loads(output)
        rows = {row["key"]: row for row in document["results"]}
        same([(k, r["answer"]) for k, r in rows.items() if r["agrees"] is False], [])
        same([(k, r["answer"]) for k, r in rows.items() if r["state"] != "asked"], [])
        same(rows["zone-ttl"]["detail"], [
            [1, 30], [30, 30], [60, 120], [120, 120], [200, 300], [300, 300], [3601, 7200],
            [2419201, 2419200], [0, 0], [300, 300],
        ])  # fmt: skip
        kept = dict(map(tuple, rows["record-ttl"]["detail"]))
        same((kept[0], kept[31], kept[121], kept[3599], kept[2419201]), (0, 120, 300, 3600, 2419200))
        for key, part in (
            ("wrong-token", '401 "Invalid Token"'), ("bad-target", "Must be a valid IPv4 address"),
            ("bad-ttl", "-1: 400"), ("limited-token", "write: 401"), ("apex", "'@': 400"),
            ("full-name", "'full.ZONE' -> 'full'"), ("cname-put", "CNAMES must be unique"),
            ("zone-twice", "DNS zone already exists"), ("deleted", "with the body {}"),
            ("events", "with username"), ("grants", "204"), ("absent", "rcode 3, TTL 86400"),
            ("duplicates", "A: 200; TXT: 200"), ("balancer-defaults", "as assumed"),
            ("page-size", "page_size=24: 400"), ("balancer-tcp", "no public address"),
            ("rate-limits", "200; POST: 1600"), ("target-dot", "www.example.com"),
        ):  # fmt: skip
            assert part in rows[key]["answer"], f"{key}: {rows[key]['answer']} has no {part}"
        servers = b.servers.split(",")
        for server in servers:
            seconds = rows["published-" + server]["detail"]["seconds"]
            # Two changes, each after the server's delay of 0.6 to 1.4 s.
            assert len(seconds) == 2 and all(each > 0.3 for each in seconds), seconds
        same((document["left"], document["stopped"]), ([], None))
        same(sandbox.records(), before)
        b.is_untouched()


def a_table_for_people(sandbox):
    with bench(sandbox) as b:
        code, output, errors = b.run("--yes")
        same(code, 0)
        lines = output.splitlines()
        same(lines[0], "| question | answer | Signalbox assumes | |")
        assert all(line.count("|") == 5 for line in lines if line.startswith("|")), output
        for part in ("makes    the zone signalbox-probe-", "costs    nothing", "deletes  the zone"):
            assert part in errors, errors
        b.is_untouched()


def nothing_is_made_without_a_yes(sandbox):
    with bench(sandbox) as b:
        before = len(writes(sandbox))
        code, output, errors = b.run("--with-nodebalancer")
        same((code, output), (2, ""))
        assert "costs    $0.015" in errors and "give --yes" in errors, errors
        same(len(writes(sandbox)), before)
        b.is_untouched()


def zones_of_others_are_refused(sandbox):
    with bench(sandbox) as b:
        before = len(writes(sandbox))
        for zone, part in (
            ("example.org", "exists"), ("app.example.org", "would hide it"), ("org", "accepted"),
            ("nothing..example.org", "accepted"),
        ):  # fmt: skip
            code, _, errors = b.run("--yes", "--zone", zone)
            same(code, 2)
            assert part in errors, errors
        same(len(writes(sandbox)), before)


def a_token_that_will_not_do_is_refused(sandbox):
    with bench(sandbox) as b:
        for token, part in ((LIMITED, "domains:read_write is needed"), ("x", "401"), ("", "no token")):
            (b.folder / "token").write_text(token)
            code, _, errors = b.run("--yes")
            same(code, 2)
            assert part in errors, errors
        # It would be sent in the clear.
        same(b.run("--yes", "--api", "http://example.org/v4")[0], 2)


def a_stopped_run_deletes_what_it_made(sandbox):
    with bench(sandbox) as b:
        for number in (signal.SIGTERM, signal.SIGINT):
            process = b.start("--yes", "--json", changes=50)
            try:
                eventually("the zone is made", lambda: len(b.zones()) == 2)
                assert b.lists(), "no deletion list"
                process.send_signal(number)
            finally:
                code, output, errors = b.finish(process)
            same(code, 1)
            same(json.loads(output)["stopped"], number.name)
            assert "deleted domain" in errors, errors
            b.is_untouched()


def a_killed_run_is_cleaned_up_later(sandbox):
    with bench(sandbox) as b:
        process = b.start("--yes", changes=50)
        try:
            eventually("the zone is made", lambda: len(b.zones()) == 2)
            # The list has the zone's number once the reply was read.
            eventually("its number is known", lambda: '"id": 3' in b.lists()[0].read_text())
        finally:
            process.kill()
            b.finish(process)
        same(len(b.zones()), 2)
        code, _, errors = b.run("--clean")
        same(code, 0)
        assert "deleted domain" in errors, errors
        b.is_untouched()
        same(b.run("--clean")[0], 0)


def only_what_it_made_is_cleaned_up(sandbox):
    with bench(sandbox) as b:
        b.state.mkdir()
        ours = {"kind": "domain", "name": linode_sandbox.ZONE, "mark": "signalbox live-probe 0"}
        for id, code in ((sandbox.domain_id, 1), (None, 0)):
            document = {"api": sandbox.url + "/v4", "items": [{**ours, "id": id}]}
            (b.state / "list.json").write_text(json.dumps(document))
            same(b.run("--clean")[0], code)
            same(b.zones(), [linode_sandbox.ZONE])


def a_lost_reply_leaves_nothing_behind(sandbox):
    for fault in ("api-applied-then-502", "api-html"):
        with bench(sandbox) as b, sandbox.fault(fault, "POST", count=1):
            code, _, errors = b.run("--yes", "--json")
            # Made, and found again; or not made, and then nothing was asked.
            same(code, 0 if fault == "api-applied-then-502" else 1)
            b.is_untouched()


def too_many_requests_are_waited_for(sandbox):
    with bench(sandbox) as b, sandbox.fault("api-429", "GET", count=3):
        code, output, errors = b.run("--yes", "--json")
        same((code, "waiting 1 s" in errors), (0, True))
        b.is_untouched()


def what_is_different_is_said(sandbox):
    with bench(sandbox) as b:
        mute = b.servers.split(",")[1]
        # It answers to nobody while the probe runs.
        fault = {"kind": "ns-mute", "target": mute.split(":")[0], "seconds": 120}
        number = sandbox.request("POST", "/_sandbox/faults", fault)["id"]
        try:
            code, output, _ = b.run("--yes", "--json", "--patience", "8", changes=1)
        finally:
            sandbox.request("DELETE", f"/_sandbox/faults/{number}")
        same(code, 0)
        rows = {row["key"]: row for row in json.loads(output)["results"]}
        same(rows["first-served"]["agrees"], False)
        assert mute + " never" in rows["first-served"]["answer"], rows["first-served"]
        # The others are followed.
        same([key for key in rows if key == "published-" + mute], [])
        same(rows["published"]["agrees"], True)
        b.is_untouched()


CHECKS = (
    answers_are_those_of_the_sandbox,
    a_table_for_people,
    nothing_is_made_without_a_yes,
    zones_of_others_are_refused,
    a_token_that_will_not_do_is_refused,
    a_stopped_run_deletes_what_it_made,
    a_killed_run_is_cleaned_up_later,
    only_what_it_made_is_cleaned_up,
    a_lost_reply_leaves_nothing_behind,
    too_many_requests_are_waited_for,
    what_is_different_is_said,
)

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("live probe", CHECKS, options=("--name-servers", "3")))
