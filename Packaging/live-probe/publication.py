"""How long a change takes from the API's yes to the rendered zone and to each name server."""

import statistics
import threading
import time

import dnsquery
from questions import Answer, Skipped

# TEST-NET-1 (RFC 5737): nobody is sent anywhere by these.
TARGETS = ["192.0.2.1", "192.0.2.2"]


class Watch:
    """Follows one name at one server until `stop` is set."""

    def __init__(self, server, where, name, wanted, begun, poll, stop):
        self.server, self.wanted, self.begun = server, wanted, begun
        self.seen, self.old_again, self.mute, self.asked, self.ttl = None, 0, 0, 0, None
        self.thread = threading.Thread(
            target=self._run, args=(where, name, poll, stop), daemon=True
        )

    def _run(self, where, name, poll, stop):
        while not stop.is_set():
            self.asked += 1
            try:
                answer = dnsquery.ask(where, name, "A")
            except dnsquery.NoAnswer:
                self.mute += 1
            else:
                if answer.data("A") == [self.wanted]:
                    self.ttl = answer.answers[0][2]
                    if self.seen is None:
                        self.seen = time.monotonic() - self.begun
                elif self.seen is not None:
                    self.old_again += 1
            stop.wait(poll)


def servers(p):
    """(name, address) of those that served the zone's first record, if it is known which."""
    found = []
    for name in p.name_servers:
        try:
            found.append((name, dnsquery.place(name)))
        except OSError as error:
            p.note("%s: %s" % (name, error))
    if not found:
        raise Skipped("no name server's address can be found")
    return found


def follow(p, name, wanted, begun):
    """All servers at once, and the rendered zone: (watches, seconds until rendered or None)."""
    stop = threading.Event()
    watches = [
        Watch(server, where, name, wanted, begun, p.poll, stop) for server, where in servers(p)
    ]
    for watch in watches:
        watch.thread.start()
    rendered, all_since = None, None
    try:
        while time.monotonic() - begun < p.patience:
            if rendered is None:
                lines = p.api.get("/domains/%d/zone-file" % p.zone_id).value("zone_file") or []
                if any(_says(line, name, wanted, p.zone) for line in lines):
                    rendered = time.monotonic() - begun
            if all_since is None and all(watch.seen is not None for watch in watches):
                all_since = time.monotonic()
            settled = all_since is not None and time.monotonic() - all_since >= p.settle
            # What all servers say has been rendered, whatever zone-file says of it.
            late = all_since is not None and time.monotonic() - all_since >= p.settle + 20
            if settled and (rendered is not None or late):
                break
            time.sleep(p.poll)
    finally:
        stop.set()
        for watch in watches:
            watch.thread.join()
    return watches, rendered


def _says(line, name, wanted, zone):
    words = line.split()
    if wanted not in words or not words:
        return False
    return words[0].rstrip(".").lower() in (name, name[: -len(zone) - 1])


def measure(p):
    """The answers about publication, in order; a list of (key, text, Answer)."""
    name = "move." + p.zone
    rows, per_server, rendered_all, waits = [], {}, [], []
    id = None
    for number in range(p.changes + 1):
        target = TARGETS[number % 2]
        if id is None:
            reply = p.record("A", "move", target, 30)
            id = reply.value("id")
        else:
            reply = p.api.put(p.path(id), {"target": target})
        if not reply.ok:
            raise Skipped("the record could not be changed: " + reply.said())
        p.note("change %d of %d: asking the name servers" % (number, p.changes))
        watches, rendered = follow(p, name, target, reply.ended)
        if number == 0:
            rows.append(_first(p, watches, rendered))
            if all(watch.seen is None for watch in watches):
                return rows + [_nothing(p)]
            # One that cannot be reached from here would take all the patience at each change.
            p.name_servers = [watch.server for watch in watches if watch.seen is not None]
            continue
        rendered_all.append(rendered)
        waits.append(None if any(w.seen is None for w in watches) else max(w.seen for w in watches))
        for watch in watches:
            per_server.setdefault(watch.server, []).append(watch)
    rows += [_rendering(rendered_all), *_servers(per_server), _all(waits, p)]
    return rows + [_soa(p), _transports(p, name, target), _absent(p)]


def seconds(values):
    known = [value for value in values if value is not None]
    if not known:
        return "never (%d changes)" % len(values)
    text = "median %.1f s, %.1f to %.1f s" % (statistics.median(known), min(known), max(known))
    if len(known) < len(values):
        text += ", %d of %d never" % (len(values) - len(known), len(values))
    return text


def _first(p, watches, rendered):
    parts = ["%s %s" % (w.server, "never" if w.seen is None else "%.1f s" % w.seen) for w in watches]
    parts.append("zone file %s" % ("never" if rendered is None else "%.1f s" % rendered))
    detail = {watch.server: watch.seen for watch in watches}
    seen = all(watch.seen is not None for watch in watches)
    return ("first-served", "a new zone's first record, from the API's yes to", Answer(
        ", ".join(parts), "all within 300 s", seen, detail))  # fmt: skip


def _nothing(p):
    return ("publication", "delay per name server", Answer(
        "no name server served the zone in %d s: an account without a running Linode serves no "
        "zones at all" % p.patience, "", False))  # fmt: skip


def _rendering(values):
    return ("zone-file", "from a change to its line in zone-file", Answer(
        seconds(values), "up to 60 s", None not in values and max(values) <= 60, values))  # fmt: skip


def _servers(per_server):
    for server, watches in per_server.items():
        seen = [watch.seen for watch in watches]
        text = seconds(seen)
        again = sum(watch.old_again for watch in watches)
        mute = sum(watch.mute for watch in watches)
        asked = sum(watch.asked for watch in watches)
        if again:
            text += "; the old answer again %d times after the new one" % again
        if mute:
            text += "; no answer to %d of %d queries" % (mute, asked)
        yield ("published-" + server, "from a change to its answer by " + server, Answer(
            text, "up to 120 s, then never the old answer", None not in seen and max(seen) <= 120 and not again,
            {"seconds": seen, "old_again": again, "mute": mute, "asked": asked}))  # fmt: skip


def _all(values, p):
    return ("published", "from a change until all name servers have it", Answer(
        seconds(values), "up to 120 s", None not in values and max(values) <= 120, values))  # fmt: skip


def _soa(p):
    """The negative TTL, and whether all servers have one serial."""
    found = {}
    for server, where in servers(p):
        try:
            answer = dnsquery.ask(where, p.zone, "SOA")
            found[server] = (answer.data("SOA") or ["none"])[0].split()[2:]
        except dnsquery.NoAnswer as error:
            found[server] = [str(error)]
    minimums = sorted(set(each[-1] for each in found.values()))
    serials = sorted(set(each[0] for each in found.values()))
    text = "MINIMUM %s, serials %s" % (", ".join(minimums), ", ".join(serials))
    zone_ttl = str(p.api.get("/domains/%d" % p.zone_id).value("ttl_sec") or 86400)
    return ("soa", "SOA of the zone, whose ttl_sec is %s" % zone_ttl, Answer(
        text, "MINIMUM is the zone's default TTL", minimums == [zone_ttl], found))  # fmt: skip


def _transports(p, name, target):
    found = {}
    for server, where in servers(p):
        for tcp in (False, True):
            try:
                answer = dnsquery.ask(where, name, "A", tcp=tcp)
                text = "%s TTL %s" % (answer.data("A"), [each[2] for each in answer.answers])
                found[server, tcp] = text + ("" if answer.authoritative else ", not authoritative")
            except dnsquery.NoAnswer as error:
                found[server, tcp] = str(error)
    values = sorted(set(found.values()))
    return ("transports", "the same over UDP and TCP, with the record's TTL", Answer(
        "; ".join(values), "one authoritative answer, TTL 30",
        values == ["['%s'] TTL [30]" % target],
        {"%s %s" % (s, "TCP" if tcp else "UDP"): each for (s, tcp), each in found.items()}))  # fmt: skip


def _absent(p):
    found = set()
    for _, where in servers(p):
        try:
            answer = dnsquery.ask(where, "nothing-here." + p.zone, "A")
            ttl = [str(each[2]) for each in answer.authority if each[1] == "SOA"] or ["none"]
            found.add("rcode %d, TTL %s" % (answer.rcode, ttl[0]))
        except dnsquery.NoAnswer as error:
            found.add(str(error))
    text = "; ".join(sorted(found))
    return ("absent", "a name that is not there", Answer(
        text, "rcode 3 (NXDOMAIN)", all(each.startswith("rcode 3") for each in found)))  # fmt: skip
