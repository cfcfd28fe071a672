"""The questions to the API, each a function that changes nothing but the probe's own zone.

Each returns an Answer: what was found, what Signalbox and its sandbox assume, and whether the two
agree (None: nothing is assumed).
"""

import time

from api import shown

QUESTIONS = []
# What the API is said to store; other times are rounded up, the largest stays, 0 is the default.
STORED = [
    0, 30, 120, 300, 3600, 7200, 14400, 28800, 57600, 86400, 172800, 345600, 604800, 1209600,
    2419200,
]  # fmt: skip


class Skipped(Exception):
    """The question cannot be asked here; why, and what to give."""


class Answer:
    def __init__(self, found, assumed="", agrees=None, detail=None):
        self.found, self.assumed, self.agrees, self.detail = found, assumed, agrees, detail


def question(key, text):
    def register(function):
        QUESTIONS.append((key, text, function))
        return function

    return register


def rounded_up(seconds):
    return next((each for each in STORED if each >= seconds), STORED[-1])


def pairs(found):
    return ", ".join("%s -> %s" % (given, kept) for given, kept in found)


def statuses(replies):
    return "; ".join("%s: %s" % (what, reply.said()) for what, reply in replies)


# What the token may do, and how the API says no.


@question("limits", "X-RateLimit headers")
def limits(p):
    reply = p.api.get("/domains/%d" % p.zone_id)
    names = [n for n in ("limit", "remaining", "reset") if "x-ratelimit-" + n in reply.headers]
    ahead = reply.headers.get("x-ratelimit-reset", "")
    text = ", ".join("X-RateLimit-" + n.title() for n in names) or "none"
    if ahead.isdigit():
        text += "; reset is %+d s from now" % (int(ahead) - int(time.time()))
    return Answer(
        text,
        "all three, reset in Unix seconds",
        len(names) == 3 and ahead.isdigit() and abs(int(ahead) - time.time()) < 3600,
        {name: value for name, value in reply.headers.items() if name.startswith("x-ratelimit")},
    )


@question("page-size", "bounds of page and page_size")
def page_size(p):
    asked = ["page_size=24", "page_size=25", "page_size=500", "page_size=501", "page=0", "page=99"]
    replies = [(each, p.api.get("/domains?" + each)) for each in asked]
    return Answer(
        statuses(replies),
        "25 to 500; less and more are refused with 400; page 0 is 400, one too high 404",
        [reply.status for _, reply in replies] == [400, 200, 200, 400, 400, 404],
    )


@question("wrong-token", "a token that is none")
def wrong_token(p):
    reply = p.api.get("/domains", token="0" * 64)
    return Answer(reply.said(), '401 "Invalid Token"', reply.status == 401)


@question("limited-token", "body of a refusal for domains (--limited-token-file)")
def limited_token(p):
    if p.limited is None:
        raise Skipped(
            "give --limited-token-file: a token with the scope domains:read_only, and another time "
            "one of a restricted user without a grant on the zone"
        )
    path = "/domains/%d" % p.zone_id
    records = path + "/records"
    body = {"type": "TXT", "name": "limited", "target": "x", "ttl_sec": 300}
    replies = [
        ("list", p.api.get("/domains", token=p.limited)),
        ("read", p.api.get(path, token=p.limited)),
        ("write", p.api.post(records, body, token=p.limited)),
    ]
    if replies[2][1].status in (401, 403, 404):
        # A token that may write could delete the zone under the other questions.
        replies.append(("delete", p.api.delete(path, token=p.limited)))
    scopes = replies[0][1].headers.get("x-oauth-scopes", "not said")
    write = replies[2][1].status
    narrow = "domains:read_write" not in scopes and scopes != "*"
    return Answer(
        "scopes %s; %s" % (shown(scopes), statuses(replies)),
        "401 where the scope is missing; 403 or 404 where the user's grant is",
        write == 401 if narrow else write in (403, 404),
    )


@question("grants", "what /profile/grants says of this token's user")
def grants(p):
    reply = p.api.get("/profile/grants")
    text = reply.said()
    if reply.ok:
        text += ", restricted, with keys " + shown(", ".join(sorted(reply.body)))
    return Answer(
        text, "204 of an unrestricted user, 401 without account:read_only",
        reply.status in (200, 204, 401),
    )


# The zone.


@question("zone-made", "a new zone")
def zone_made(p):
    zone = p.made_zone
    found = {key: zone.get(key) for key in ("status", "ttl_sec", "refresh_sec", "errors")}
    return Answer(
        ", ".join("%s %s" % (key, shown(repr(value))) for key, value in found.items()),
        "status active, all times 0",
        found["status"] == "active" and found["ttl_sec"] == 0,
        zone,
    )


@question("zone-twice", "the same zone once more")
def zone_twice(p):
    reply = p.again("/domains", {"domain": p.zone, "type": "master", "soa_email": p.mail})
    return Answer(reply.said(), "400 with a reason", reply.status == 400 and bool(reply.errors()))


@question("zone-ttl", "rounding of a zone's ttl_sec")
def zone_ttl(p):
    path = "/domains/%d" % p.zone_id
    found = []
    for given in (1, 30, 60, 120, 200, 300, 3601, 2419201, 0, 300):
        reply = p.api.put(path, {"ttl_sec": given})
        found.append((given, reply.value("ttl_sec") if reply.ok else reply.said()))
    kept = p.api.get(path).value("ttl_sec")
    text = pairs(found) + ("" if kept == found[-1][1] else "; but read back: %s" % kept)
    agrees = kept == 300 and all(each == rounded_up(given) for given, each in found)
    return Answer(text, "rounded up to 30, 120, 300, 3600, ...; 0 stays 0", agrees, found)


# Records.


@question("record-ttl", "rounding of a record's ttl_sec, and whether POST keeps it")
def record_ttl(p):
    found, lost = [], []
    given = [0, 1, 29, 30, 31, 60, 119, 120, 121, 200, 299, 300, 301, 3599, 3601, 2419200, 2419201]
    for seconds in given:
        reply = p.record("A", "ttl-%d" % seconds, "192.0.2.1", seconds)
        if not reply.ok:
            found.append((seconds, reply.said()))
            continue
        kept = p.api.get(p.path(reply.body["id"])).value("ttl_sec")
        found.append((seconds, kept))
        if kept != reply.value("ttl_sec"):
            lost.append("%d: POST says %s" % (seconds, reply.value("ttl_sec")))
    text = pairs(found) + ("; POST says otherwise: " + ", ".join(lost) if lost else "; POST keeps it")
    agrees = not lost and all(kept == rounded_up(seconds) for seconds, kept in found)
    return Answer(text, "rounded up to 30, 120, 300, 3600, ...; kept by POST", agrees, found)


@question("record-ttl-put", "the same by PUT, and whether a PUT of the TTL alone has an effect")
def record_ttl_put(p):
    id = p.must("A", "ttl-put", "192.0.2.1", 300)
    found = []
    for seconds in (30, 60, 120, 200, 300, 0):
        reply = p.api.put(p.path(id), {"ttl_sec": seconds})
        kept = p.api.get(p.path(id)).value("ttl_sec")
        found.append((seconds, kept if reply.ok else reply.said()))
    agrees = all(kept == rounded_up(seconds) for seconds, kept in found)
    return Answer(pairs(found), "as by POST", agrees, found)


@question("bad-ttl", "error text of a bad ttl_sec")
def bad_ttl(p):
    given = [-1, "abc", 30.5, 2**31, 2**63]
    replies = [(repr(each), p.record("A", "bad-ttl", "192.0.2.1", each)) for each in given]
    agrees = all(r.status == 400 and r.has_field("ttl_sec") for _, r in replies)
    return Answer(statuses(replies), "400, field ttl_sec", agrees)


@question("bad-target", "error text of an invalid target")
def bad_target(p):
    given = [
        ("A", "not-an-address"), ("A", "999.1.1.1"), ("A", "2001:db8::1"), ("A", ""), ("A", "1.2.3"),
        ("AAAA", "192.0.2.1"), ("AAAA", "2001:db8::g"), ("AAAA", "1::2::3"), ("CNAME", ""),
    ]  # fmt: skip
    replies = [
        ("%s %r" % each, p.record(each[0], "bad-%d" % index, each[1], 30))
        for index, each in enumerate(given)
    ]
    agrees = all(r.status == 400 and r.has_field("target") for _, r in replies)
    return Answer(statuses(replies), "400, field target", agrees)


@question("bad-put", "a PUT that is refused changes nothing")
def bad_put(p):
    id = p.must("A", "bad-put", "192.0.2.1", 30)
    reply = p.api.put(p.path(id), {"target": "2001:db8::1", "ttl_sec": 300})
    after = p.api.get(p.path(id)).body
    same = after.get("target") == "192.0.2.1" and after.get("ttl_sec") == 30
    text = "%s; %s" % (reply.said(), "nothing changed" if same else "changed to %s" % after)
    return Answer(text, "400, and nothing changed", reply.status == 400 and same)


@question("put-type", "type and unknown keys in a PUT, and an empty PUT")
def put_type(p):
    id = p.must("A", "put-type", "192.0.2.1", 30)
    replies = [
        ("type AAAA", p.api.put(p.path(id), {"type": "AAAA", "target": "192.0.2.2"})),
        ("unknown key", p.api.put(p.path(id), {"nonsense": 1})),
        ("{}", p.api.put(p.path(id), {})),
    ]
    after = p.api.get(p.path(id)).body
    text = "%s; now %s %s" % (statuses(replies), after.get("type"), after.get("target"))
    agrees = all(r.ok for _, r in replies) and after.get("type") == "A"
    return Answer(text, "type and unknown keys are ignored", agrees)


@question("put-unchanged", "whether a PUT of the same target moves `updated`")
def put_unchanged(p):
    id = p.must("A", "put-same", "192.0.2.1", 30)
    before = p.api.get(p.path(id)).value("updated")
    # Times have whole seconds.
    time.sleep(1.2)
    reply = p.api.put(p.path(id), {"target": "192.0.2.1"})
    moved = p.api.get(p.path(id)).value("updated") != before
    return Answer("%s; %s" % (reply.said(), "it moves" if moved else "it stays"))


@question("apex", "the zone's own name: '', '@' and in full")
def apex(p):
    replies = [
        (repr(name), p.record("TXT", name, "apex", 300)) for name in ("", "@", p.zone, p.zone + ".")
    ]
    stored = ["%s stored as %r" % (name, r.value("name")) for name, r in replies if r.ok]
    agrees = [r.status for _, r in replies] == [200, 400, 200, 200] and all(
        r.value("name") == "" for _, r in replies if r.ok
    )
    text = "%s; %s" % (statuses(replies), ", ".join(stored))
    return Answer(text, "'' is stored; '@' is refused; the full name is stored as ''", agrees)


@question("full-name", "full names, final dots and capitals")
def full_name(p):
    given = [
        ("full." + p.zone, "full"), ("dot." + p.zone + ".", "dot"), ("Capital", "Capital"),
        ("tail.", "tail"), ("*.wild", "*.wild"), ("_under", "_under"),
    ]  # fmt: skip
    found = []
    for name, assumed in given:
        reply = p.record("TXT", name, "name", 300)
        kept = reply.value("name") if reply.ok else reply.said()
        found.append((name.replace(p.zone, "ZONE"), kept, assumed))
    return Answer(
        pairs([(repr(name), repr(kept)) for name, kept, _ in found]),
        "stored without the zone's name and the final dot, capitals kept",
        all(kept == assumed for _, kept, assumed in found),
    )


@question("target-dot", "a final dot in targets, and how addresses are written")
def target_dot(p):
    given = [
        ("CNAME", "www.example.com."), ("CNAME", "www.example.com"), ("NS", "ns.example.com."),
        ("AAAA", "2001:DB8:0:0:0:0:0:1"), ("AAAA", "2001:db8::1"), ("TXT", 'say "x"; \\ y'),
    ]  # fmt: skip
    found = []
    for index, (type, target) in enumerate(given):
        reply = p.record(type, "target-%d" % index, target, 300)
        found.append((target, reply.value("target") if reply.ok else reply.said()))
    agrees = [kept for _, kept in found[:3]] == ["www.example.com", "www.example.com", "ns.example.com"]
    text = pairs([(shown(repr(given)), shown(repr(kept))) for given, kept in found])
    return Answer(text, "the final dot is dropped", agrees, found)


@question("duplicates", "the same record twice")
def duplicates(p):
    found = []
    for type, target in (("A", "192.0.2.1"), ("TXT", "twice")):
        p.must(type, "twice-" + type.lower(), target, 300)
        found.append((type, p.record(type, "twice-" + type.lower(), target, 300)))
    return Answer(statuses(found), "accepted", all(reply.ok for _, reply in found))


@question("cname-conflict", "CNAME conflicts by POST")
def cname_conflict(p):
    p.must("CNAME", "alias", "www.example.com", 300)
    p.must("A", "plain", "192.0.2.1", 300)
    replies = [
        ("a second CNAME", p.record("CNAME", "alias", "other.example.com", 300)),
        ("A beside a CNAME", p.record("A", "alias", "192.0.2.1", 300)),
        ("CNAME beside an A", p.record("CNAME", "plain", "www.example.com", 300)),
        ("CNAME of the zone itself", p.record("CNAME", "", "www.example.com", 300)),
    ]
    first = replies[0][1]
    agrees = first.status == 400 and first.has_field("name")
    return Answer(statuses(replies), "a second CNAME is 400, field name; others unknown", agrees)


@question("cname-put", "whether PUT checks CNAME conflicts too")
def cname_put(p):
    p.must("CNAME", "one", "www.example.com", 300)
    two = p.must("CNAME", "two", "www.example.com", 300)
    plain = p.must("A", "three", "192.0.2.1", 300)
    replies = [
        ("a CNAME renamed onto another", p.api.put(p.path(two), {"name": "one"})),
        ("an A renamed onto a CNAME", p.api.put(p.path(plain), {"name": "one"})),
    ]
    return Answer(statuses(replies), "the first is 400", replies[0][1].status == 400)


@question("deleted", "DELETE of a record, and once more")
def deleted(p):
    id = p.must("TXT", "gone", "x", 300)
    replies = [("once", p.api.delete(p.path(id))), ("again", p.api.delete(p.path(id)))]
    text = "%s with the body %s" % (statuses(replies), shown(replies[0][1].text) or "(empty)")
    agrees = replies[0][1].status == 200 and replies[0][1].body == {} and replies[1][1].status == 404
    return Answer(text, "200 with {}, then 404", agrees)


@question("zone-after", "what the zone's status and errors say after all this")
def zone_after(p):
    zone = p.api.get("/domains/%d" % p.zone_id).body
    text = "status %s, errors %s" % (shown(str(zone.get("status"))), shown(repr(zone.get("errors"))))
    return Answer(text, "status active", zone.get("status") == "active", zone)


# What others can see of changes.


@question("events", "account events: names of actions and their delay")
def events(p):
    wanted = {"entity.id": p.zone_id, "entity.type": "domain"}
    first = p.api.get("/account/events?page_size=25", filter=wanted)
    if first.status in (401, 403):
        raise Skipped("%s; the token needs events:read_only" % first.said())
    begun = time.monotonic()
    reply = p.record("TXT", "event", "x", 300)
    seen, entry = None, {}
    before = set(event.get("id") for event in (first.value("data") or []))
    while reply.ok and seen is None and time.monotonic() - begun < p.patience:
        for event in p.api.get("/account/events?page_size=25", filter=wanted).value("data") or []:
            if event.get("action") == "dns_record_create" and event.get("id") not in before:
                seen, entry = time.monotonic() - begun, event
        time.sleep(p.poll)
    everything = p.api.get("/account/events?page_size=500", filter=wanted).value("data") or []
    actions = sorted(set(str(event.get("action")) for event in everything))
    when = "never in %d s" % p.patience if seen is None else "after %.1f s" % seen
    text = "dns_record_create %s; actions: %s; keys: %s; %s username" % (
        when, shown(", ".join(actions)) or "none", shown(", ".join(sorted(entry))) or "none",
        "with" if entry.get("username") else "without",
    )  # fmt: skip
    agrees = seen is not None and bool(entry.get("username"))
    return Answer(text, "within a minute, with username and entity", agrees, {"seconds": seen})


@question("rate-limits", "X-RateLimit-Limit of each kind of call in this run")
def rate_limits(p):
    found = sorted((kind, ", ".join(sorted(seen))) for kind, seen in p.api.limits.items())
    text = "; ".join("%s: %s" % (kind, shown(seen)) for kind, seen in found)
    if p.api.waited:
        text += "; had to wait %d times" % p.api.waited
    return Answer(text, "200 a minute for lists, more for the rest", None, dict(found))
