"""The user data for cloud-init, filled in as Terraform fills it in."""

import base64
import json
import pathlib
import re

import jsonschema
import yaml

import bench
from bench import EXAMPLES, SCHEMAS, check, run

FILE = EXAMPLES / "cloud-init" / "agent.yml"
TERRAFORM = EXAMPLES / "terraform" / "hosts.tf"
VALUES = {
    "name": "us-east-app-1", "region": "us-east", "aws_region": "us-east-1",
    "app_name": "app.example.com", "app_port": "3000", "table": "my-app-data",
    "coordinator": "https://coordinator.example.net:8621",
    "coordinator_key": "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=",
    "certificate": base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode(),
    "package_url": "https://packages.example.net/signalbox-agent.deb", "package_sha256": "0" * 64,
}


def objections(document):
    with open(SCHEMAS / "cloud-init.json") as file:
        schema = json.load(file)
    return [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(document)]


def main():
    text = FILE.read_text()
    wanted = set(re.findall(r"\$\{(\w+)\}", text))
    call = TERRAFORM.read_text().partition("cloud-init/agent.yml")[2].partition("}))")[0]
    given = set(re.findall(r"^\s+(\w+)\s+= ", call, re.M))
    check("Terraform gives what it wants, and no more", wanted == given == set(VALUES),
          (wanted ^ given, wanted ^ set(VALUES)))
    # templatefile would read these otherwise than this check does.
    check("nothing else in it means something to Terraform", not re.search(
        r"%\{|\$\$|\$\{(?!\w+\})", text))
    filled = re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found.group(1)], text)
    check("it begins as user data does", filled.startswith("#cloud-config\n"))
    document = yaml.safe_load(filled)
    found = objections(document)
    check("cloud-init's schema takes it", not found, "\n".join(found))
    found = objections(document | {"runcmd": "a\0", "package_update": "perhaps"})
    check("which refuses other things", len(found) >= 1, found)
    files = {each["path"]: each for each in document["write_files"]}
    with bench.folder() as place:
        bench.agent_accepts(
            "the agent takes its file", files["/etc/signalbox/agent.toml"]["content"], place)
        script = pathlib.Path(place) / "first-boot"
        script.write_text(files["/usr/local/sbin/signalbox-first-boot"]["content"])
        run("shellcheck", script, good="shellcheck finds nothing in its script")
    check("its script is run", document["runcmd"] == [["/usr/local/sbin/signalbox-first-boot"]])
    secrets = [path for path in files if "/secrets/" in path]
    check("no secret is in it", not secrets and "PRIVATE" not in filled, secrets)
    bench.end()


main()
