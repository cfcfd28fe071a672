"""What was checked, and how long things took."""

import sys
import time


class Report:
    """Prints every check as it is made and a table at the end."""

    def __init__(self):
        self.start = time.monotonic()
        self.passed = 0
        self.failed = 0
        self.times = []

    def say(self, text):
        print(f"{self.clock()}        {text}", flush=True)

    def check(self, what, good, found=""):
        """Counts one check; `found` is told where it failed. Gives whether it passed."""
        if good:
            self.passed += 1
            print(f"{self.clock()}  ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"{self.clock()}  FAIL  {what}", flush=True)
            for line in str(found).splitlines()[-60:]:
                print(f"               {line}", flush=True)
        return bool(good)

    def time(self, name, seconds, note=""):
        self.times.append((name, seconds, note))

    def measure(self, name, note=""):
        return Stopwatch(self, name, note)

    def clock(self):
        seconds = time.monotonic() - self.start
        return f"{int(seconds // 60):02}:{seconds % 60:04.1f}"

    def table(self):
        self.time("total", time.monotonic() - self.start)
        width = max(len(name) for name, _, _ in self.times)
        print()
        for name, seconds, note in self.times:
            print(f"  {name:<{width}}  {seconds:7.1f} s  {note}".rstrip())
        print()
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.stdout.flush()


class Stopwatch:
    """A part of the run: its time goes into the table when it succeeds."""

    def __init__(self, report, name, note):
        self.report, self.name, self.note = report, name, note

    def __enter__(self):
        self.begin = time.monotonic()
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.report.time(self.name, time.monotonic() - self.begin, self.note)
