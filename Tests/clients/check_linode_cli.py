"""linode-cli, Linode's own command, drives the sandbox unchanged: LINODE_CLI_API_* alone."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile

import linode_sandbox
from linode_sandbox import FULL_TOKEN, READ_TOKEN, TOKEN, ZONE, same

HOME = {}


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def cli(sandbox, *words, token=TOKEN, version="v4"):
    """The JSON that the command prints; `Refused` when it fails."""
    environment = dict(os.environ) | {
        "HOME": HOME["path"],
        "LINODE_CLI_CONFIG": f"{HOME['path']}/config",
        "LINODE_CLI_TOKEN": token,
        "LINODE_CLI_API_HOST": sandbox.authority,
        "LINODE_CLI_API_SCHEME": "http",
        "LINODE_CLI_API_VERSION": version,
    }
    done = subprocess.run(
        [sys.executable, "-m", "linodecli", *words, "--json", "--all-columns"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise Refused(done.returncode, done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else None


def refused(sandbox, *words, **settings):
    return linode_sandbox.refused(Refused, lambda: cli(sandbox, *words, **settings))


@contextlib.contextmanager
def home(_):
    """A home of its own: no configuration of the user's is read."""
    with tempfile.TemporaryDirectory() as path:
        HOME["path"] = path
        yield


def create(sandbox, kind, name, target, *more):
    return cli(
        sandbox, "domains", "records-create", str(sandbox.domain_id),
        "--type", kind, "--name", name, "--target", target, *more,
    )[0]


def view(sandbox, record):
    return cli(
        sandbox, "domains", "records-view", str(sandbox.domain_id), str(record["id"])
    )[0]


def update(sandbox, record, *changes):
    return cli(
        sandbox, "domains", "records-update",
        str(sandbox.domain_id), str(record["id"]), *changes,
    )[0]


def finds_the_domain(sandbox):
    same([d["domain"] for d in cli(sandbox, "domains", "list")], [ZONE])
    same(cli(sandbox, "domains", "list", "--domain", ZONE)[0]["id"], sandbox.domain_id)
    same(cli(sandbox, "domains", "list", "--domain", "example.net"), [])


def both_versions_answer(sandbox):
    for version in ("v4", "v4beta"):
        found = cli(sandbox, "domains", "view", str(sandbox.domain_id), version=version)
        same(found[0]["domain"], ZONE)


def lists_the_records(sandbox):
    found = cli(sandbox, "domains", "records-list", str(sandbox.domain_id))
    same({r["type"] for r in found}, {"A", "AAAA"})
    same({r["name"] for r in found}, {"app"})


def creates_records(sandbox):
    for kind, name, target, stored in (
        ("A", "cli", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "cli", "2001:db8::a", "2001:db8::a"),
        ("TXT", "_signalbox.cli", "heritage=signalbox epoch=1", None),
        ("CNAME", "alias.cli", "target.example.net.", "target.example.net"),
    ):
        made = create(sandbox, kind, name, target, "--ttl_sec", "30")
        read = view(sandbox, made)
        same((read["type"], read["name"], read["ttl_sec"]), (kind, name, 30))
        same(read["target"], stored or target)


def updates_a_target_and_a_ttl(sandbox):
    made = create(sandbox, "A", "cli-move", "192.0.2.1")
    same(update(sandbox, made, "--target", "192.0.2.2")["target"], "192.0.2.2")
    # Rounded up.
    same(update(sandbox, made, "--ttl_sec", "31")["ttl_sec"], 120)
    read = view(sandbox, made)
    same((read["target"], read["ttl_sec"]), ("192.0.2.2", 120))


def deletes_a_record(sandbox):
    made = create(sandbox, "TXT", "cli-gone", "x")
    words = ("domains", "records-delete", str(sandbox.domain_id), str(made["id"]))
    cli(sandbox, *words)
    same(sandbox.records(name="cli-gone"), [])
    error = refused(sandbox, *words)
    same(error.code, 2)
    assert "404" in error.text and "Not found" in error.text, error


def pages_and_filters(sandbox):
    sandbox.fill("cli-page", 130)
    words = ("domains", "records-list", str(sandbox.domain_id))
    same(len(cli(sandbox, *words)), 100)
    rest = cli(sandbox, *words, "--page", "2")
    everything = cli(sandbox, *words, "--all-rows")
    same(len(everything), 100 + len(rest))
    same(len([r for r in everything if r["name"] == "cli-page"]), 130)
    found = cli(sandbox, *words, "--name", "cli-page", "--target", "text 77")
    same([r["target"] for r in found], ["text 77"])


def reads_the_zone_file(sandbox):
    found = cli(sandbox, "domains", "zone-file", str(sandbox.domain_id))
    assert any("SOA" in line or " A " in line for line in found[0]["zone_file"]), found


def reads_balancers(sandbox):
    found = cli(sandbox, "nodebalancers", "list", "--label", "app-us-east")
    balancer = str(found[0]["id"])
    same(found[0]["ipv4"], sandbox.balancers["us-east"].split(":")[0])
    same(cli(sandbox, "nodebalancers", "view", balancer)[0]["region"], "us-east")
    config = cli(sandbox, "nodebalancers", "configs-list", balancer)[0]
    same((config["check"], config["port"]), ("http", 18680))
    nodes = cli(sandbox, "nodebalancers", "nodes-list", balancer, str(config["id"]))
    same([n["label"] for n in nodes], ["us-east-app-1", "us-east-app-2"])


def makes_and_deletes_zones(sandbox):
    made = cli(
        sandbox, "domains", "create", "--domain", "cli.net", "--type", "master",
        "--soa_email", "admin@cli.net", "--tags", "one", "--tags", "two",
    )[0]
    same((made["domain"], made["status"], made["tags"]), ("cli.net", "active", ["one", "two"]))
    error = refused(
        sandbox, "domains", "create", "--domain", "cli.net", "--type", "master",
        "--soa_email", "admin@cli.net",
    )
    assert "400" in error.text and "already exists" in error.text, error
    number = str(made["id"])
    changed = cli(sandbox, "domains", "update", number, "--status", "disabled")[0]
    same((changed["status"], changed["soa_email"]), ("disabled", "admin@cli.net"))
    copy = cli(sandbox, "domains", "clone", number, "--domain", "cli-copy.net")[0]
    for each in (number, str(copy["id"])):
        cli(sandbox, "domains", "delete", each)
    same([d["domain"] for d in cli(sandbox, "domains", "list")], [ZONE])


def makes_and_deletes_balancers(sandbox):
    def balancer(*words):
        return cli(sandbox, "nodebalancers", *words, token=FULL_TOKEN)

    number = str(balancer("create", "--region", "us-east", "--label", "made-by-cli")[0]["id"])
    config = balancer("config-create", number, "--port", "80", "--check", "none")[0]
    same((config["check"], config["check_interval"]), ("none", 31))
    place = (number, str(config["id"]))
    node = balancer("node-create", *place, "--label", "one", "--address", "192.0.2.1:80")[0]
    same((node["status"], node["weight"]), ("Unknown", 50))
    changed = balancer("node-update", *place, str(node["id"]), "--weight", "100")[0]
    same((changed["weight"], changed["label"]), (100, "one"))
    balancer("node-delete", *place, str(node["id"]))
    balancer("config-delete", *place)
    balancer("delete", number)
    same(balancer("list", "--label", "made-by-cli"), [])


def reads_regions(sandbox):
    found = [region["id"] for region in cli(sandbox, "regions", "list")]
    same(found, ["us-east", "eu-central", "ap-south"])


def reports_errors(sandbox):
    error = refused(sandbox, "domains", "list", token="wrong")
    assert "401" in error.text and "Invalid Token" in error.text, error
    words = ("domains", "records-create", str(sandbox.domain_id), "--type", "A")
    error = refused(sandbox, *words, "--name", "x", "--target", "192.0.2.1", token=READ_TOKEN)
    assert "401" in error.text and "not authorized" in error.text, error
    error = refused(sandbox, "domains", "view", "1")
    assert "404" in error.text and "Not found" in error.text, error
    error = refused(sandbox, *words, "--name", "@", "--target", "192.0.2.1")
    assert "400" in error.text and "Invalid hostname" in error.text, error
    assert "name" in json.dumps(error.text), error


def waits_after_429(sandbox):
    """It retries three times after Retry-After, also a POST; nothing was applied before."""
    with sandbox.fault("api-429", "POST", count=1):
        create(sandbox, "TXT", "cli-429", "x")
    same(len(sandbox.records(name="cli-429")), 1)


def fails_after_502(sandbox):
    """It does not retry after a 502, and cannot read the page: the record is there, unsaid."""
    with sandbox.fault("api-applied-then-502", "POST", count=1):
        error = linode_sandbox.refused(
            Refused, lambda: create(sandbox, "TXT", "cli-502", "x")
        )
    assert "Request failed: 502" in error.text, error
    same(len(sandbox.records(name="cli-502")), 1)


CHECKS = (
    finds_the_domain,
    both_versions_answer,
    lists_the_records,
    creates_records,
    updates_a_target_and_a_ttl,
    deletes_a_record,
    pages_and_filters,
    reads_the_zone_file,
    makes_and_deletes_zones,
    reads_balancers,
    makes_and_deletes_balancers,
    reads_regions,
    reports_errors,
    waits_after_429,
    fails_after_502,
)

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("linode_cli", CHECKS, home))
