"""Apache Libcloud's DNS driver drives the sandbox unchanged: `host`, `port` and `secure` alone.

Its load balancer drivers have none for Linode; NodeBalancers are left to the other checks.
"""

import sys

import linode_sandbox
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import InvalidCredsError, LibcloudError, MalformedResponseError
from libcloud.dns.base import Record, Zone
from libcloud.dns.providers import get_driver
from libcloud.dns.types import Provider, RecordType
from linode_sandbox import READ_TOKEN, TOKEN, ZONE, refused, same


def driver(sandbox, token=TOKEN):
    return get_driver(Provider.LINODE)(
        token, secure=False, host=sandbox.host, port=sandbox.port
    )


def zone(sandbox, token=TOKEN):
    return next(z for z in driver(sandbox, token).list_zones() if z.domain == ZONE)


def finds_the_zone(sandbox):
    same([z.domain for z in driver(sandbox).list_zones()], [ZONE])
    found = driver(sandbox).get_zone(sandbox.domain_id)
    same((found.domain, found.type, found.ttl), (ZONE, "master", 300))
    same((found.extra["status"], found.extra["tags"]), ("active", []))


def lists_the_records(sandbox):
    found = {r.type: (r.name, r.data, r.ttl) for r in zone(sandbox).list_records()}
    address = sandbox.balancers["us-east"].split(":")[0]
    same(found[RecordType.A], ("app", address, 30))
    same(found[RecordType.AAAA], ("app", "2001:db8::1", 30))


def creates_records(sandbox):
    for kind, name, data, stored in (
        (RecordType.A, "lc", "192.0.2.1", "192.0.2.1"),
        (RecordType.AAAA, "lc", "2001:db8::a", "2001:db8::a"),
        (RecordType.TXT, "_signalbox.lc", 'heritage="signalbox"; epoch=1', None),
        (RecordType.CNAME, "alias.lc", "target.example.net.", "target.example.net"),
    ):
        made = zone(sandbox).create_record(name, kind, data, extra={"ttl_sec": 30})
        read = driver(sandbox).get_record(sandbox.domain_id, made.id)
        same((read.type, read.name, read.ttl), (kind, name, 30))
        same(read.data, stored or data)


def updates_a_target_and_a_ttl(sandbox):
    made = zone(sandbox).create_record("lc-move", RecordType.A, "192.0.2.1")
    same(made.update(data="192.0.2.2").data, "192.0.2.2")
    # It sends the type too, which a PUT does not take: it is ignored.
    same(made.update(type=RecordType.AAAA, extra={"ttl_sec": 31}).ttl, 120)
    read = driver(sandbox).get_record(sandbox.domain_id, made.id)
    same((read.type, read.data, read.ttl), (RecordType.A, "192.0.2.2", 120))


def deletes_a_record(sandbox):
    made = zone(sandbox).create_record("lc-gone", RecordType.TXT, "x")
    assert made.delete()
    same(sandbox.records(name="lc-gone"), [])
    error = refused(LibcloudError, made.delete)
    assert "Not found Status code: 404." in str(error), error


def reads_all_pages(sandbox):
    sandbox.fill("lc-page", 130)
    found = zone(sandbox).list_records()
    same(len([r for r in found if r.name == "lc-page"]), 130)
    # It asks for 25 at a time.
    assert any("page=6" in request["path"] for request in sandbox.seen("GET"))


def changes_a_zone(sandbox):
    found = zone(sandbox).update(
        domain=ZONE, ttl=400, extra={"description": "changed by libcloud"}
    )
    same((found.ttl, found.extra["description"]), (3600, "changed by libcloud"))


def makes_and_deletes_zones(sandbox):
    made = driver(sandbox).create_zone("lc.net", ttl=300, extra={"soa_email": "admin@lc.net"})
    same((made.domain, made.type, made.ttl), ("lc.net", "master", 300))
    made.create_record("www", RecordType.A, "192.0.2.1")
    same([r.data for r in made.list_records()], ["192.0.2.1"])
    error = refused(LibcloudError, lambda: driver(sandbox).create_zone("other.net"))
    assert "soa_email" in str(error) and "400" in str(error), error
    assert made.delete()
    same([z.domain for z in driver(sandbox).list_zones()], [ZONE])


def reports_errors(sandbox):
    error = refused(InvalidCredsError, driver(sandbox, "wrong").list_zones)
    same(error.value, "Invalid Token")
    readable = zone(sandbox, READ_TOKEN)
    error = refused(
        InvalidCredsError, lambda: readable.create_record("x", RecordType.A, "192.0.2.1")
    )
    assert "not authorized" in error.value, error
    error = refused(LibcloudError, lambda: driver(sandbox).get_zone(1))
    assert "Not found Status code: 404." in str(error), error
    error = refused(
        LibcloudError, lambda: zone(sandbox).create_record("@", RecordType.A, "192.0.2.1")
    )
    assert "Name contains invalid characters-name Status code: 400." in str(error), error
    stranger = Record(1, "x", RecordType.A, "192.0.2.1", zone(sandbox), driver(sandbox))
    error = refused(LibcloudError, stranger.delete)
    assert "404" in str(error), error
    nowhere = Zone(1, "example.net", "master", 0, driver(sandbox))
    assert "404" in str(refused(LibcloudError, nowhere.list_records))


def fails_after_429(sandbox):
    """It does not retry; nothing was applied."""
    with sandbox.fault("api-429", "POST", count=1):
        error = refused(
            (LibcloudError, BaseHTTPError),
            lambda: zone(sandbox).create_record("lc-429", RecordType.TXT, "x"),
        )
    assert "Too many requests" in str(error), error
    same(sandbox.records(name="lc-429"), [])


def fails_after_502(sandbox):
    """It does not retry, and cannot read the page: the record is there, unsaid."""
    with sandbox.fault("api-applied-then-502", "POST", count=1):
        refused(
            MalformedResponseError,
            lambda: zone(sandbox).create_record("lc-502", RecordType.TXT, "x"),
        )
    same(len(sandbox.records(name="lc-502")), 1)


CHECKS = (
    finds_the_zone,
    lists_the_records,
    creates_records,
    updates_a_target_and_a_ttl,
    deletes_a_record,
    reads_all_pages,
    changes_a_zone,
    makes_and_deletes_zones,
    reports_errors,
    fails_after_429,
    fails_after_502,
)

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("libcloud", CHECKS))
