"""linode_api4, Linode's own Python library, drives the sandbox unchanged: `base_url` alone."""

import sys

import linode_sandbox
from linode_api4 import ApiError, Domain, DomainRecord, LinodeClient, NodeBalancer
from linode_api4.objects import Region
from linode_sandbox import FULL_TOKEN, READ_TOKEN, TOKEN, ZONE, refused, same


def client(sandbox, token=TOKEN, version="v4", **settings):
    return LinodeClient(token, base_url=f"{sandbox.url}/{version}", **settings)


def zone(sandbox, **settings):
    return client(sandbox, **settings).domains(Domain.domain == ZONE).only()


def record(sandbox, number):
    """Read anew."""
    return client(sandbox).load(DomainRecord, number, sandbox.domain_id)


def finds_the_domain(sandbox):
    same([d.domain for d in client(sandbox).domains()], [ZONE])
    found = zone(sandbox)
    same((found.type, found.status, found.ttl_sec), ("master", "active", 300))
    same(len(client(sandbox).domains(Domain.domain == "example.net")), 0)


def both_versions_answer(sandbox):
    for version in ("v4", "v4beta"):
        same(client(sandbox, version=version).domains().only().id, sandbox.domain_id)


def lists_the_records(sandbox):
    found = {r.type: (r.name, r.target, r.ttl_sec) for r in zone(sandbox).records}
    address = sandbox.balancers["us-east"].split(":")[0]
    same(found["A"], ("app", address, 30))
    same(found["AAAA"], ("app", "2001:db8::1", 30))


def creates_records(sandbox):
    domain = zone(sandbox)
    for kind, name, target, stored in (
        ("A", "api4", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "api4", "2001:DB8::A", "2001:db8::a"),
        ("TXT", "_signalbox.api4", 'heritage="signalbox"; epoch=1', None),
        ("CNAME", "alias.api4", "target.example.net.", "target.example.net"),
    ):
        made = domain.record_create(kind, name=name, target=target, ttl_sec=30)
        read = record(sandbox, made.id)
        same((read.type, read.name, read.ttl_sec), (kind, name, 30))
        same(read.target, stored or target)


def updates_a_target(sandbox):
    made = zone(sandbox).record_create("A", name="move", target="192.0.2.1", ttl_sec=30)
    made.target = "192.0.2.2"
    assert made.save()
    read = record(sandbox, made.id)
    same((read.target, read.ttl_sec, read.name), ("192.0.2.2", 30, "move"))


def rounds_a_ttl_up(sandbox):
    made = zone(sandbox).record_create("A", name="ttl", target="192.0.2.1")
    for asked, stored in ((31, 120), (30, 30), (301, 3600), (0, 0)):
        made.ttl_sec = asked
        assert made.save()
        same(record(sandbox, made.id).ttl_sec, stored)


def deletes_a_record(sandbox):
    made = zone(sandbox).record_create("TXT", name="gone", target="x")
    assert made.delete()
    same(sandbox.records(name="gone"), [])
    error = refused(ApiError, lambda: record(sandbox, made.id))
    same((error.status, error.errors), (404, ["Not found"]))


def pages_and_filters(sandbox):
    sandbox.fill("api4-page", 130)
    domain = zone(sandbox, page_size=50)
    # All pages, each read when it is needed.
    same(len([r for r in domain.records if r.name == "api4-page"]), 130)
    found = client(sandbox)._get_objects(
        f"/domains/{sandbox.domain_id}/records",
        DomainRecord,
        parent_id=sandbox.domain_id,
        filters={"+and": [{"name": "api4-page"}, {"target": "text 77"}]},
    )
    same([r.target for r in found], ["text 77"])


def changes_a_zone(sandbox):
    domain = zone(sandbox)
    domain.description = "changed by linode_api4"
    domain.tags = ["one", "two"]
    assert domain.save()
    found = zone(sandbox)
    same((found.description, found.tags), ("changed by linode_api4", ["one", "two"]))


def makes_and_deletes_zones(sandbox):
    made = client(sandbox).domains.create("api4.net", soa_email="admin@api4.net")
    same((made.domain, made.status, made.zone_file_view()), ("api4.net", "active", []))
    made.record_create("A", name="www.api4.net.", target="192.0.2.1")
    same([(r.name, r.target) for r in made.records], [("www", "192.0.2.1")])
    linode_sandbox.eventually(
        "the zone file tells of the record",
        lambda: any("192.0.2.1" in line for line in made.zone_file_view()),
    )
    copy = client(sandbox).load(Domain, made.clone("api4-copy.net").id)
    same([(r.name, r.target) for r in copy.records], [("www", "192.0.2.1")])
    error = refused(
        ApiError, lambda: client(sandbox).domains.create("API4.net", soa_email="a@b.org")
    )
    same((error.status, error.errors), (400, ["DNS zone already exists."]))
    error = refused(ApiError, lambda: client(sandbox).domains.create("other.net"))
    assert "soa_email: " in str(error), error
    for each in (made, copy):
        assert each.delete()
    same([d.domain for d in client(sandbox).domains()], [ZONE])


def meets_cnames(sandbox):
    domain = zone(sandbox)
    made = domain.record_create("CNAME", name="api4-alias", target="x.example.net")
    for kind, target in (("CNAME", "y.example.net"), ("TXT", "x"), ("A", "192.0.2.1")):
        error = refused(
            ApiError, lambda: domain.record_create(kind, name="api4-alias", target=target)
        )
        same(error.errors, ["Record conflict - CNAMES must be unique"])
    assert made.delete()
    domain.record_create("TXT", name="api4-alias", target="x")


def makes_and_deletes_balancers(sandbox):
    full = client(sandbox, token=FULL_TOKEN)
    made = full.nodebalancers.create("eu-central", label="made-by-api4")
    same((made.region.id, made.client_conn_throttle), ("eu-central", 0))
    config = made.config_create(port=80)
    same((config.check, config.check_interval, config.check_passive), ("none", 31, True))
    node = config.node_create("node-1", "192.0.2.1:80")
    same((node.status, node.weight, node.mode), ("Unknown", 50, "accept"))
    node.weight = 100
    assert node.save()
    config.check = "connection"
    config.check_timeout = 3
    assert config.save()
    linode_sandbox.eventually(
        "the check finds that nothing answers there",
        lambda: full.load(type(config), config.id, made.id).nodes_status.down == 1,
    )
    rebuilt = made.config_rebuild(
        config.id, [{"label": "node-2", "address": "192.0.2.2:80"}], check="none"
    )
    same([(n.label, n.status) for n in rebuilt.nodes], [("node-2", "Unknown")])
    error = refused(ApiError, lambda: made.config_create(port=80))
    assert "port: " in str(error), error
    made.label = "renamed-by-api4"
    assert made.save()
    assert rebuilt.nodes[0].delete() and rebuilt.delete() and made.delete()
    same(len(full.nodebalancers(NodeBalancer.label == "renamed-by-api4")), 0)
    error = refused(ApiError, lambda: client(sandbox).nodebalancers.create("eu-central"))
    same(error.status, 401)


def reads_events(sandbox):
    """They name who changed what: a stranger too."""
    zone(sandbox).record_create("A", name="api4-event", target="192.0.2.1")
    full = client(sandbox, token=FULL_TOKEN)

    def users(action):
        return {
            event.username
            for event in full.account.events()
            if event.action == action and event.entity.type == "domain"
        }

    assert "sandbox" in users("dns_record_create")
    with sandbox.fault("foreign-writer", "api4-event"):
        assert "somebody-else" in users("dns_record_update")
    same(sandbox.records(name="api4-event")[0]["target"], "198.51.100.7")


def reads_balancers(sandbox):
    balancer = client(sandbox).nodebalancers(NodeBalancer.label == "app-eu-central").only()
    same(balancer.ipv4.address, sandbox.balancers["eu-central"].split(":")[0])
    same(balancer.region.id, "eu-central")
    config = balancer.configs[0]
    same((config.check, config.check_path, config.port), ("http", "/up", 18680))
    same([n.label for n in config.nodes], ["eu-central-app-1", "eu-central-app-2"])
    assert all(node.status in ("UP", "Unknown") for node in config.nodes)
    balancer_id = balancer.id
    linode_sandbox.eventually(
        "both nodes are up",
        lambda: client(sandbox).load(NodeBalancer, balancer_id).configs[0].nodes_status.up
        == 2,
    )


def reads_regions(sandbox):
    found = [region.id for region in client(sandbox).regions()]
    same(found, ["us-east", "eu-central", "ap-south"])
    same(client(sandbox).load(Region, "us-east").status, "ok")


def reports_errors(sandbox):
    error = refused(ApiError, lambda: client(sandbox, token="wrong").domains())
    same((error.status, error.errors), (401, ["Invalid Token"]))
    domain = zone(sandbox, token=READ_TOKEN)
    error = refused(ApiError, lambda: domain.record_create("A", name="x", target="192.0.2.1"))
    same(
        (error.status, error.errors),
        (401, ["Your OAuth token is not authorized to use this endpoint."]),
    )
    error = refused(ApiError, lambda: client(sandbox).load(Domain, 1))
    same((error.status, error.errors), (404, ["Not found"]))
    error = refused(
        ApiError, lambda: zone(sandbox).record_create("A", name="@", target="192.0.2.1")
    )
    same(error.status, 400)
    same(error.errors, ["Name contains invalid characters", "Invalid hostname"])
    assert "name: Invalid hostname" in str(error), error


def waits_after_429(sandbox):
    """It retries after Retry-After, also a POST; nothing was applied before."""
    with sandbox.fault("api-429", "POST", count=1):
        zone(sandbox).record_create("TXT", name="api4-429", target="x")
    same(len(sandbox.records(name="api4-429")), 1)


def duplicates_after_502(sandbox):
    """Why ambiguous POSTs are never retried blindly: it retries them after a 502."""
    with sandbox.fault("api-applied-then-502", "POST", count=2):
        zone(sandbox, retry_rate_limit_interval=0.1).record_create(
            "TXT", name="api4-502", target="x"
        )
    same(len(sandbox.records(name="api4-502")), 3)


def gives_up_without_retries(sandbox):
    with sandbox.fault("api-html", "GET", count=1):
        error = refused(ApiError, lambda: client(sandbox, retry=False).domains())
    same(error.status, 502)
    assert "502 Bad Gateway" in str(error), error


def repeats_after_a_cut(sandbox):
    """A POST whose connection ended without an answer is sent again as well."""
    with sandbox.fault("api-cut", "POST", count=1):
        zone(sandbox).record_create("TXT", name="api4-cut", target="x")
    same(len(sandbox.records(name="api4-cut")), 1)
    same([r["applied"] for r in sandbox.seen("POST")][-2:], [False, True])


def stops_at_the_limit(_):
    """A sandbox of its own with few requests a minute."""
    with linode_sandbox.Sandbox("--rate-limit", "3") as sandbox:
        few = client(sandbox, token=READ_TOKEN, retry=False)
        for left in ("2", "1", "0"):
            answer = few.session.get(
                f"{sandbox.url}/v4/domains", headers={"Authorization": f"Bearer {READ_TOKEN}"}
            )
            same(answer.headers["X-RateLimit-Remaining"], left)
        error = refused(ApiError, few.domains)
        same((error.status, error.errors), (429, ["Too many requests"]))
        assert 1 <= int(error.response.headers["Retry-After"]) <= 60


CHECKS = (
    finds_the_domain,
    both_versions_answer,
    lists_the_records,
    creates_records,
    updates_a_target,
    rounds_a_ttl_up,
    deletes_a_record,
    pages_and_filters,
    changes_a_zone,
    makes_and_deletes_zones,
    meets_cnames,
    reads_balancers,
    makes_and_deletes_balancers,
    reads_regions,
    reads_events,
    reports_errors,
    waits_after_429,
    duplicates_after_502,
    gives_up_without_retries,
    repeats_after_a_cut,
    stops_at_the_limit,
)

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("linode_api4", CHECKS))
