"""live-probe: what only the real Linode can answer, asked on a zone made for it and deleted again.

The plan, with its cost, comes first and waits for a yes. Nothing but what this run made is ever
changed. The results are a Markdown table on standard output (--json: one JSON document).
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import secrets
import signal
import sys

import balancer
from api import Api, Refused, Trouble, read_token, shown
from made import Made
from probe import Probe
from questions import QUESTIONS

API = "https://api.linode.com/v4"
# S189 of the API's specification, without the leading wildcard.
ZONE = re.compile(r"([a-z0-9_-]{1,63}\.)+([a-z]{2,16}|xn--[a-z0-9]+)")
ABOUT = """\
It makes a zone of its own, puts about 80 records into it, changes them, follows %d changes on the
name servers, and deletes the zone. Nothing else of the account is touched. Zones cost nothing.

exit codes: 0 all was asked and deleted; 1 something failed or is left; 2 it was not begun
"""


class Stopped(BaseException):
    """A signal; everything is deleted before the end."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def note(text):
    say("  %s  %s" % (datetime.datetime.now().strftime("%H:%M:%S"), shown(text)))


def arguments():
    parser = argparse.ArgumentParser(
        prog="live-probe",
        description=__doc__.strip().split("\n\n")[0],
        epilog=ABOUT % 5,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    add = parser.add_argument
    add("--zone", help="the zone to make, not in the account yet [signalbox-probe-RANDOM.example]")
    add("--token-file", metavar="FILE", help="holds the token; else LINODE_TOKEN")
    add("--limited-token-file", metavar="FILE",
        help="a token that may do less, to see how it is refused")  # fmt: skip
    add("--changes", type=int, default=5, metavar="N",
        help="changes to follow on the name servers, 0 to 50 [5]")  # fmt: skip
    add("--with-nodebalancer", action="store_true", help="make a NodeBalancer too; it costs")
    add("--region", default="us-east", help="of the NodeBalancer [us-east]")
    add("--yes", action="store_true", help="do not ask; needed where there is no terminal")
    add("--json", action="store_true", help="print one JSON document in place of the table")
    add("--clean", action="store_true", help="only delete what an interrupted run has left")
    add("--api", default=API, help="[%s]" % API)
    add("--name-servers", metavar="LIST",
        help="host or host:port, separated by commas [ns1.linode.com to ns5]")  # fmt: skip
    add("--patience", type=float, default=300, metavar="S", help="seconds to wait for a change [300]")
    add("--poll", type=float, default=1, metavar="S", help="seconds between two looks [1]")
    add("--settle", type=float, default=10, metavar="S",
        help="seconds to look on after all have a change [10]")  # fmt: skip
    add("--email", help="of the zone's SOA record [hostmaster@ZONE]")
    add("--state-directory", metavar="DIR", default=os.path.join(state, "signalbox", "live-probe"),
        help="where the deletion list is kept until all is deleted")  # fmt: skip
    options = parser.parse_args()
    options.run = secrets.token_hex(4)
    options.zone = (options.zone or "signalbox-probe-%s.example" % options.run).rstrip(".").lower()
    if not ZONE.fullmatch(options.zone) or len(options.zone) > 253:
        parser.error("--zone is %r; accepted: a name as probe.example.com" % options.zone)
    if not 0 <= options.changes <= 50:
        parser.error("--changes is %d; accepted: 0 to 50" % options.changes)
    for name in ("patience", "poll", "settle"):
        if not 0 < getattr(options, name) <= 3600:
            parser.error("--%s: more than 0, at most 3600 seconds" % name)
    servers = options.name_servers or ",".join("ns%d.linode.com" % n for n in range(1, 6))
    options.name_servers = [each for each in servers.split(",") if each]
    options.state_directory = pathlib.Path(options.state_directory).expanduser()
    options.state_file = options.state_directory / (options.zone + ".json")
    return options


def plan(options, probe, scopes):
    """What will be made, changed and deleted, what it costs, how long it takes."""
    per_change = 60 + options.settle if options.api == API else options.settle
    minutes = max(1, round((options.changes * per_change + 90) / 60))
    longest = round(((options.changes + 1) * options.patience + 180) / 60)
    lines = [
        "live-probe at %s" % options.api,
        "  makes    the zone %s, marked \"%s\"" % (options.zone, probe.mark),
        "           about 80 records in it, targets of 192.0.2.0/24 and example.com",
        "  changes  these records and this zone, nothing else of the account;",
        "           %d changes are followed on %s" % (
            options.changes, ", ".join(options.name_servers) if options.changes else "no server"),
        "  asks     %d questions, with about 200 calls; scopes of the token: %s" % (
            len(QUESTIONS), shown(scopes) or "not said"),
        "  deletes  the zone with all its records, also when it is interrupted",
    ]  # fmt: skip
    cost = "nothing: zones are free"
    if options.with_nodebalancer:
        hourly, monthly, is_told = balancer.price(probe.api, options.region)
        lines[1] += "\n           the NodeBalancer sbprobe-%s in %s" % (probe.run, options.region)
        lines[6] = lines[6].replace("the zone", "the NodeBalancer, and the zone")
        cost = "$%.3f: a NodeBalancer for one begun hour ($%.2f a month)%s" % (
            hourly, monthly, "" if is_told else ", as last published")  # fmt: skip
    lines += [
        "  costs    " + cost,
        "  takes    about %d minutes; %d at most" % (minutes, max(longest, minutes)),
        "  keeps    what is to be deleted in %s until it is" % options.state_file,
    ]
    return "\n".join(lines)


def confirm(options):
    if options.yes:
        return
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        raise Refused("nothing was made: without a terminal to ask on, give --yes")
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing was made")


def stop(number, _):
    raise Stopped(signal.Signals(number).name)


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def tidy(made, api):
    """Deletes what was made; signals wait meanwhile."""
    for each in SIGNALS:
        signal.signal(each, lambda *_: say("  still deleting; wait"))
    problems = made.delete_all(api, note)
    for problem in problems:
        say("live-probe: " + shown(problem))
    if problems:
        say("live-probe: delete it later with: live-probe --clean")
    return problems


def clean(options, token):
    """The deletion lists of earlier runs; each is for the API that it was made with."""
    files = sorted(options.state_directory.glob("*.json"))
    if not files:
        say("live-probe: nothing is left to delete (%s)" % options.state_directory)
    problems = []
    for file in files:
        made = Made.load(file)
        if made.api != options.api:
            problems.append(made.api)
            say("live-probe: %s is of %s: give --api %s" % (file, made.api, made.api))
            continue
        problems += tidy(made, Api(made.api, token, made.owns, note))
    return 1 if problems else 0


def table(probe, left):
    lines = [
        "| question | answer | Signalbox assumes | |", "|---|---|---|---|",
    ]  # fmt: skip
    words = {True: "as assumed", False: "**different**", None: ""}
    for row in probe.rows:
        cells = [row["question"], row["answer"], row["assumed"], words[row["agrees"]]]
        lines.append("| %s |" % " | ".join(str(cell).replace("|", "/") for cell in cells))
    different = sum(row["agrees"] is False for row in probe.rows)
    lines += [
        "", "%d answers, %d different from what is assumed, %d could not be asked; %d calls." % (
            len(probe.rows), different, probe.failures, probe.api.calls),
    ]  # fmt: skip
    return "\n".join(lines + ["", "STILL THERE: " + "; ".join(left)] if left else lines)


def run(options, token, limited):
    probe = Probe(options, token, limited, note)
    scopes = probe.check()
    say(plan(options, probe, scopes))
    confirm(options)
    begun = datetime.datetime.now(datetime.timezone.utc)
    for each in SIGNALS:
        signal.signal(each, stop)
    stopped = None
    try:
        probe.ask_everything()
    except Stopped as reason:
        stopped = str(reason)
        say("live-probe: %s: deleting what was made" % stopped)
    except Trouble as trouble:
        stopped = str(trouble)
        say("live-probe: " + shown(stopped))
    finally:
        left = tidy(probe.made, probe.api)
    if options.json:
        document = {
            "api": options.api, "zone": options.zone, "calls": probe.api.calls,
            "begun": begun.isoformat(timespec="seconds"), "stopped": stopped, "left": left,
            "results": probe.rows,
        }  # fmt: skip
        print(json.dumps(document, indent=2, default=str))
    else:
        print(table(probe, left))
    return 1 if stopped or left or probe.failures else 0


def main():
    options = arguments()
    try:
        token = read_token(options.token_file, os.environ.get("LINODE_TOKEN", ""))
        if options.clean:
            return clean(options, token)
        limited = options.limited_token_file
        return run(options, token, read_token(limited, "") if limited else None)
    except (Refused, Trouble) as problem:
        say("live-probe: " + shown(str(problem)))
        return 2
    except KeyboardInterrupt:
        return 2
    except Stopped as reason:
        say("live-probe: %s: it may have left something; live-probe --clean deletes it" % reason)
        return 1


if __name__ == "__main__":
    sys.exit(main())
