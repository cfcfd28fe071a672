"""One failure of the walk: what the user saw, what Signalbox said, and what was true."""

import places
from watch import parts


class Step:
    def __init__(self, name, what, strike, mend):
        self.name, self.what, self.strike, self.mend = name, what, strike, mend
        self.begin = self.struck = self.served = None
        self.outage = self.failed = self.region = None
        self.move = None
        self.missing, self.acknowledged = [], 0
        self.ordered = self.failback = self.lost_on_return = None

    def look(self, requests):
        """Whether the user was not served, and is again."""
        seen = [r for r in requests if r["end"] >= self.begin]
        bad = [n for n, r in enumerate(seen) if r["status"] != 200]
        if not bad or bad[-1] == len(seen) - 1:
            return False
        first, good = seen[bad[0]], seen[bad[-1] + 1]
        # A host that goes on for a moment is no other region.
        if good["region"] == (seen[bad[0] - 1] if bad[0] else requests[0])["region"]:
            return False
        self.failed, self.region, self.served = len(bad), good["region"], good["at"]
        self.outage = good["end"] - first["at"]
        return True

    def truth(self, replicas, requests):
        """Which of the notes acknowledged before are not in the region that serves now."""
        before = [r for r in requests if r["status"] == 200 and r["region"] != self.region
                  and r["end"] < self.served and r["at"] > self.begin - 60]
        target = next(replicas[r.name] for r in places.REGIONS if r.aws == self.region) or set()
        self.acknowledged = len(before)
        self.missing = [r for r in before if f"note#{r['number']}" not in target]

    def said(self):
        return self.move.get("data_at_risk") or {}

    def is_within(self):
        """Whether every write that is not there is one of those that were said to be at risk."""
        if not self.missing:
            return True
        begin, end = self.said().get("from_ms"), self.said().get("to_ms")
        if begin is None or end is None:
            return False
        return all(begin <= r["end"] * 1000 and r["at"] * 1000 <= end for r in self.missing)

    def risk(self):
        upper = self.said().get("upper_seconds")
        behind = self.said().get("behind_seconds")
        if behind is None:
            return "not known"
        return f"{behind:.1f} s" if upper is None else f"{upper:.1f} s"

    def truth_text(self):
        if not self.missing:
            return f"0 of {self.acknowledged}"
        span = self.missing[-1]["end"] - self.missing[0]["at"]
        return f"{len(self.missing)} of {self.acknowledged}, {span:.1f} s"

    def lines(self):
        yield f"the user: {self.failed} requests failed in {self.outage:.1f} s, then {self.region}"
        yield f"at risk: {self.risk()} by signalbox; in truth {self.truth_text()} notes not there"
        yield f"(signalbox: {self.said()})"

    def row(self):
        times = parts(self.move)
        back = "-" if self.failback is None else f"{self.failback:.1f} s"
        return [self.name, f"{self.outage:.1f} s", str(self.failed), self.move["to"],
                *(f"{times[n]:.1f} s" if n in times else "-"
                  for n in ("detect", "decide", "api", "publish")),
                self.risk(), self.truth_text(), back,
                "-" if self.lost_on_return is None else str(self.lost_on_return)]


HEAD = ["failure", "not served", "failed", "served by", "detect", "decide", "api", "publish",
        "at risk, said", "in truth, notes", "failback", "failed"]


def table(steps):
    """Prints one line for each failure."""
    rows = [HEAD, *(step.row() for step in steps)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEAD))]
    print()
    for row in rows:
        print("  " + "  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip())
    print(flush=True)
