"""dns-lexicon drives the sandbox unchanged: HTTPS_PROXY and REQUESTS_CA_BUNDLE alone.

Its address is fixed, https://api.linode.com/v4/: a CONNECT proxy with a private authority ends
the TLS and hands the requests to the sandbox. Its library is used: its command looks the zone up
at the machine's resolver first.
"""

import contextlib
import logging
import os
import sys
import tempfile

import linode_sandbox
import requests
import tls_proxy
from lexicon.client import Client
from lexicon.config import ConfigResolver
from lexicon.exceptions import AuthenticationError
from linode_sandbox import READ_TOKEN, TOKEN, ZONE, refused, same


@contextlib.contextmanager
def proxy(sandbox):
    with (
        tempfile.TemporaryDirectory() as folder,
        tls_proxy.Proxy("api.linode.com", folder, (sandbox.host, sandbox.port)) as server,
    ):
        os.environ.pop("NO_PROXY", None)
        os.environ.pop("no_proxy", None)
        os.environ |= {
            "HTTPS_PROXY": server.url,
            "REQUESTS_CA_BUNDLE": server.authority,
            # The list of public suffixes is refused by the proxy: the client's own copy is used.
            "TLDEXTRACT_CACHE_PATH": f"{folder}/suffixes",
            "HOME": folder,
        }
        logging.getLogger("tldextract").setLevel(logging.CRITICAL)
        sandbox.proxy = server
        yield


def operations(token=TOKEN, domain=ZONE):
    """The records of a zone, as its client has them: for one `with`."""
    settings = {"provider_name": "linode", "domain": domain}
    return Client(
        ConfigResolver().with_dict(settings | {"linode": {"auth_token": token}})
    )


def lists_the_records(sandbox):
    with operations() as zone:
        found = {r["type"]: (r["name"], r["content"], r["ttl"]) for r in zone.list_records()}
        same(len(zone.list_records(rtype="A", name="app")), 1)
    address = sandbox.balancers["us-east"].split(":")[0]
    same(found["A"], (f"app.{ZONE}", address, 30))
    same(found["AAAA"], (f"app.{ZONE}", "2001:db8::1", 30))
    assert set(sandbox.proxy.asked) >= {"api.linode.com:443"}, sandbox.proxy.asked


def creates_records(sandbox):
    with operations() as zone:
        for kind, name, content, stored in (
            ("A", "lex", "192.0.2.1", "192.0.2.1"),
            ("AAAA", "lex", "2001:db8::a", "2001:db8::a"),
            ("TXT", f"_signalbox.lex.{ZONE}.", 'heritage="signalbox"; epoch=1', None),
            ("CNAME", "alias.lex", "target.example.net.", "target.example.net"),
        ):
            assert zone.create_record(kind, name, content)
            found = zone.list_records(rtype=kind, name=name)
            same([r["content"] for r in found], [stored or content])
    # It writes no TTL of its own.
    same([r["ttl_sec"] for r in sandbox.records(name="_signalbox.lex")], [0])


def creates_once(sandbox):
    with operations() as zone:
        for _ in range(2):
            assert zone.create_record("TXT", "lex-once", "x")
    same(len(sandbox.records(name="lex-once")), 1)


def updates_a_record(sandbox):
    with operations() as zone:
        zone.create_record("A", "lex-move", "192.0.2.1")
        # It sends the type too, which a PUT does not take: it is ignored.
        assert zone.update_record(rtype="A", name="lex-move", content="192.0.2.2")
        same(zone.list_records(name="lex-move")[0]["content"], "192.0.2.2")
        found = sandbox.records(name="lex-move")[0]
        assert zone.update_record(found["id"], "A", "lex-moved", "192.0.2.3")
    same(sandbox.records(name="lex-moved")[0]["target"], "192.0.2.3")


def deletes_records(sandbox):
    with operations() as zone:
        zone.create_record("TXT", "lex-gone", "x")
        zone.create_record("TXT", "lex-gone", "y")
        assert zone.delete_record(rtype="TXT", name="lex-gone", content="x")
        same([r["target"] for r in sandbox.records(name="lex-gone")], ["y"])
        assert zone.delete_record(rtype="TXT", name="lex-gone")
        # What is not there is no mistake; an id that is not there is one.
        assert zone.delete_record(rtype="TXT", name="lex-gone")
        error = refused(requests.HTTPError, lambda: zone.delete_record("1"))
    same(sandbox.records(name="lex-gone"), [])
    same(error.response.status_code, 404)


def reads_all_pages(sandbox):
    sandbox.fill("lex-page", 130)
    with operations() as zone:
        same(len(zone.list_records(rtype="TXT", name="lex-page")), 130)
    assert any("page=2" in request["path"] for request in sandbox.seen("GET"))


def reports_errors(sandbox):
    error = refused(requests.HTTPError, lambda: operations("wrong").__enter__())
    same(error.response.status_code, 401)
    refused(AuthenticationError, lambda: operations(domain="example.net").__enter__())
    with operations(READ_TOKEN) as zone:
        error = refused(
            requests.HTTPError, lambda: zone.create_record("A", "x", "192.0.2.1")
        )
        same(error.response.status_code, 401)
    with operations() as zone:
        error = refused(
            requests.HTTPError, lambda: zone.create_record("A", "lex-bad", "192.0.2.256")
        )
    same(error.response.status_code, 400)
    same(error.response.json()["errors"][0]["field"], "target")


def fails_after_429(sandbox):
    """It does not retry; nothing was applied."""
    with operations() as zone, sandbox.fault("api-429", "POST", count=1):
        error = refused(
            requests.HTTPError, lambda: zone.create_record("TXT", "lex-429", "x")
        )
    same((error.response.status_code, error.response.headers["Retry-After"]), (429, "1"))
    same(sandbox.records(name="lex-429"), [])


def repeats_well_after_502(sandbox):
    """It does not retry, but looks before it creates: the second try makes no duplicate."""
    with operations() as zone:
        with sandbox.fault("api-applied-then-502", "POST", count=1):
            error = refused(
                requests.HTTPError, lambda: zone.create_record("TXT", "lex-502", "x")
            )
        same(error.response.status_code, 502)
        assert zone.create_record("TXT", "lex-502", "x")
    same(len(sandbox.records(name="lex-502")), 1)


def other_zones_are_found(sandbox):
    body = {"domain": "lexicon.net", "type": "master", "soa_email": "admin@lexicon.net"}
    number = sandbox.request("POST", "/v4/domains", body)["id"]
    with operations(domain="lexicon.net") as other:
        assert other.create_record("A", "www", "192.0.2.1")
        same([r["name"] for r in other.list_records()], ["www.lexicon.net"])
    sandbox.request("DELETE", f"/v4/domains/{number}")
    refused(AuthenticationError, lambda: operations(domain="lexicon.net").__enter__())


def fails_after_a_cut(sandbox):
    """A connection that ends without an answer is an error; it does not retry."""
    with operations() as zone, sandbox.fault("api-cut", "POST", count=1):
        refused(
            requests.ConnectionError, lambda: zone.create_record("TXT", "lex-cut", "x")
        )
    same(sandbox.records(name="lex-cut"), [])


CHECKS = (
    lists_the_records,
    creates_records,
    creates_once,
    updates_a_record,
    deletes_records,
    reads_all_pages,
    other_zones_are_found,
    reports_errors,
    fails_after_429,
    repeats_well_after_502,
    fails_after_a_cut,
)

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("lexicon", CHECKS, proxy))
