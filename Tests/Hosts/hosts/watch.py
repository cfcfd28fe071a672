"""Looking at Signalbox as its operator does: the command, systemd, the journal."""

import json

from shell import Failure, poll

UNIT = "signalbox-coordinator"


class Watch:
    def __init__(self, host):
        self.host = host

    def status(self):
        """The service as `signalbox status` knows it."""
        document = self.host.run("signalbox", "status", "--json").stdout
        return json.loads(document)["services"][0]

    def incidents(self):
        """All moves, the newest first."""
        done = self.host.run("signalbox", "history", "app", "--json")
        moves = json.loads(done.stdout)["incidents"]
        return sorted(moves, key=lambda move: -move["id"])

    def line(self):
        """What systemctl status shows of the coordinator."""
        return self.host.unit(UNIT, "StatusText")

    def wait_until_steady(self, active, seconds):
        """Once `active` serves and all regions are healthy: the region that would be next."""
        def steady():
            service = self.status()
            found = {r["region"]: (r["verdict"], r["role"]) for r in service["regions"]}
            well = all(verdict == "healthy" for verdict, _ in found.values())
            target = next((region for region, (_, role) in found.items() if role == "next"), None)
            if service["active"] == active and well and target and service["situation"] == "ok":
                return target
            raise Failure(f"{service['situation']}: {service['headline']} {found}")
        return poll(
            f"steady at {active}", seconds, steady, pause=0.3,
            on_failure=lambda: self.host.journal("-u", UNIT))

    def wait_for_end(self, count, seconds):
        """Returns the newest of `count` moves once it has ended."""
        def ended():
            moves = self.incidents()
            if len(moves) == count and moves[0]["outcome"] != "open":
                return moves[0]
            raise Failure(f"{len(moves)} moves, outcomes {[m['outcome'] for m in moves]}")
        return poll(
            f"move {count} ends", seconds, ended, pause=0.2,
            on_failure=lambda: self.host.journal("-u", UNIT))

    def rules(self, epoch):
        """The rules of a move as the journal tells them, in their order."""
        done = self.host.run(
            "journalctl", "-q", "--no-pager", "-o", "json", "SIGNALBOX_SERVICE=app",
            f"SIGNALBOX_EPOCH={epoch}")
        entries = [json.loads(line) for line in done.stdout.splitlines()]
        return [int(e["SIGNALBOX_RULE"]) for e in entries if "SIGNALBOX_RULE" in e]


def parts(incident):
    """Seconds of a move: until confirmed, decided, written, published."""
    stamps = incident["stamps"]
    order = ["first_bad_ms", "confirmed_ms", "intent_ms", "committed_ms", "converged_ms"]
    times = [stamps.get(key) for key in order]
    names = ["detect", "decide", "api", "publish"]
    return {
        name: (after - before) / 1000
        for name, before, after in zip(names, times, times[1:]) if before and after}


class Faults:
    """Trouble at the Linode API, and what it saw."""

    BASE = "http://127.0.0.1:18600/_sandbox"

    def __init__(self, host):
        self.host = host

    def ask(self, method, path, body=None):
        command = ["curl", "-sS", "--fail-with-body", "--max-time", "20", "-X", method]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        return json.loads(self.host.run(*command, self.BASE + path).stdout)

    def start(self, kind, target=None):
        return self.ask("POST", "/faults", {"kind": kind, "target": target})["id"]

    def end(self, number):
        self.ask("DELETE", f"/faults/{number}")

    def requests(self, after=0):
        return self.ask("GET", f"/requests?after={after}")
