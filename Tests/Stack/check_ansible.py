"""The collection: what lint says, the filter, the files that it writes for the example inventory."""

import json
import pathlib
import re
import tomllib

import bench
from bench import COLLECTION, EXAMPLES, HERE, PROGRAMS, ROOT, check, run

INVENTORY = COLLECTION / "examples" / "inventory"
DOCUMENT = ROOT / "docs" / "operating.md"
AGENTS = ["us-app-1", "us-app-2", "us-west-app-1", "us-west-app-2", "eu-app-1", "eu-app-2"]


def versions():
    told = re.search(r'version = "([^"]+)"', (ROOT / "Sources/Wire/Release.swift").read_text())
    found = re.search(r"^version: (.+)$", (COLLECTION / "galaxy.yml").read_text(), re.M)
    check("the collection has the version of the programs",
          told and found and told.group(1) == found.group(1), (told, found))


def lint(environment):
    run("yamllint", "-s", ".", folder=COLLECTION, good="yamllint finds nothing")
    run("yamllint", "-s", "-c", COLLECTION / ".yamllint", HERE / "render.yml", EXAMPLES,
        good="nor in the other files of YAML")
    run("ansible-lint", "--nocolor", "--project-dir", ".", folder=COLLECTION,
        good="ansible-lint finds nothing, profile production", **environment)
    run("ansible-lint", "--nocolor", "-c", COLLECTION / ".ansible-lint", "--project-dir", ".",
        "site.yml", "app.yml", folder=EXAMPLES / "rails" / "ansible",
        good="nor in the playbook of the Rails example", **environment)
    for book in ("site", "table", "account"):
        run("ansible-playbook", "-i", INVENTORY, "--syntax-check", f"signalbox.failover.{book}",
            good=f"the syntax of the playbook {book}", **environment)


FILTER = """
import json, sys
from ansible_collections.signalbox.failover.plugins.filter.toml import toml
try:
    print(toml(json.load(sys.stdin)), end="")
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
DOCUMENTS = [
    {"a": 1, "b": True, "c": "x\"\\\n\x7f\u00e9\U0001f600", "d": [1, 2], "e": 0.5, "f": []},
    {"service": {"app": {"dns": ["a", "b"], "n": None, "x": 1}, "b": {}}, "top": "last"},
    {"check": [{"http": "h", "healthy": ["up"]}, {"tcp": "t"}], "agent": {"a.b c": {"k": "v"}}},
    {"dns": {"resolvers": ["9.9.9.9"]}, "region": {"us-east": {"aws": "us-east-1"}}},
]


def without_nulls(value):
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def filtered(document, environment):
    return run("python3", "-c", FILTER, stdin=json.dumps(document),
               PYTHONPATH=environment["ANSIBLE_COLLECTIONS_PATH"], **environment)


def toml(environment):
    for number, document in enumerate(DOCUMENTS):
        code, said = filtered(document, environment)
        check(f"the filter writes what a reader of TOML reads, {number + 1}",
              code == 0 and tomllib.loads(said) == without_nulls(document), said)
    for document in ([1], {"a": [{"b": 1}, 2]}, {"a": [[None]]}):
        code, said = filtered(document, environment)
        check(f"the filter refuses {json.dumps(document)}",
              code == 1 and said.startswith("Ansible") and "; accepted: " in said, said)


def files(environment, place):
    keys = {name: bench.key(place / f"{name}.key") for name in ["coordinator", *AGENTS]}
    regions = dict(zip(AGENTS, ["us-east"] * 2 + ["us-west"] * 2 + ["eu-central"] * 2))
    out = place / "out"
    out.mkdir()
    variables = {
        "roles": str(COLLECTION / "roles"), "out": str(out),
        "coordinator_public_key": keys["coordinator"],
        "signalbox_aws_credentials": "some", "signalbox_aws_credentials_src": "",
        "agents": {n: {"region": regions[n], "public_key": keys[n]} for n in AGENTS},
    }
    parts = [f"@{COLLECTION}/roles/{role}/{part}/main.yml"
             for role in ("agent", "coordinator") for part in ("defaults", "vars")]
    code, said = run(
        "ansible-playbook", "-i", INVENTORY, HERE / "render.yml",
        *(word for part in parts for word in ("-e", part)), "-e", json.dumps(variables),
        good="the files of the example are written", **environment)
    if code:
        return
    for name in AGENTS:
        text = (out / f"{name}.example.com.agent.toml").read_text()
        bench.agent_accepts(f"{name}: the agent takes its file", text, place)
        found = tomllib.loads(text)
        aws = {"us-east": "us-east-1", "us-west": "us-west-2", "eu-central": "eu-central-1"}
        check(f"{name}: it is the one of its region",
              (found["agent"], found["region"], found["dynamodb"]["aws_region"])
              == (name, regions[name], aws[regions[name]]), text)
        told = (out / f"{name}.example.com.region.env").read_text()
        check(f"{name}: and so is what the app is told",
              f"\nAWS_REGION={aws[regions[name]]}\n" in told, told)
    text = (out / "coordinator.example.net.coordinator.toml").read_text()
    path = bench.coordinator_file(text, place)
    # Its NodeBalancers are looked up at the start only, not by this.
    run(PROGRAMS / "signalbox-coordinator", "check-config", "--config", path,
        good="the coordinator takes its file")
    check("it expects every agent", set(tomllib.loads(text)["agent"]) == set(AGENTS), text)
    path.write_text(path.read_text().replace("table = ", "tabel = "))
    code, said = run(PROGRAMS / "signalbox-coordinator", "check-config", "--config", path)
    check("and refuses a wrong one", code == 2 and "Did you mean" in said, said)
    policies(place, text)
    proxy((out / "coordinator.example.net.haproxy.cfg").read_text())


def policies(place, text):
    """Terraform's policies are what the program prints for these regions and this table."""
    path = bench.coordinator_file(text, place)
    folder = EXAMPLES / "terraform" / "policies"
    regions = tomllib.loads(text)["region"]
    found = sorted(each.name for each in folder.iterdir())
    check("a policy for each region", found == sorted(f"{each}.json" for each in regions), found)
    for region in regions:
        code, said = run(PROGRAMS / "signalbox", "table", "policy", "--config", path,
                         "--region", region)
        check(f"the policy of {region} is what `signalbox table policy` prints",
              code == 0 and json.loads(said) == json.loads((folder / f"{region}.json").read_text()),
              said)


def proxy(text):
    block = re.findall(r"^```haproxy tls\n(.*?)^```$", DOCUMENT.read_text(), re.S | re.M)
    check("haproxy is configured as the document says", [text.strip()] == [
        each.strip() for each in block], text)


def main():
    with bench.folder() as place:
        place = pathlib.Path(place)
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(place / "collections"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(place / "home"), "ANSIBLE_LOCAL_TEMP": str(place / "local")}
        code, _ = run("ansible-galaxy", "collection", "install", "--force", "-p",
                      place / "collections", COLLECTION, good="the collection can be installed",
                      **environment)
        versions()
        if code == 0:
            lint(environment)
            toml(environment)
            files(environment, place)
    bench.end()


main()
