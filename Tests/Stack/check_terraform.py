"""The example for Terraform: that it can be read, that the providers know what it says, and that it
keeps out of Signalbox's way. Nothing is planned or applied: that would take the providers' own
programs and two accounts."""

import ast
import json
import re
import shutil
import zipfile

import hcl2
import yaml

import bench
from bench import COLLECTION, EXAMPLES, HERE, SCHEMAS, check, run

FOLDER = EXAMPLES / "terraform"
META = {"for_each", "count", "lifecycle", "provider", "depends_on", "dynamic"}
# Where a provider's resource stands in the library that is made from its schema.
LIBRARY = {
    "linode_instance": ("linode", "instance", "Instance"),
    "linode_firewall": ("linode", "firewall", "Firewall"),
    "linode_nodebalancer": ("linode", "node_balancer", "NodeBalancer"),
    "linode_nodebalancer_config": ("linode", "node_balancer_config", "NodeBalancerConfig"),
    "linode_nodebalancer_node": ("linode", "node_balancer_node", "NodeBalancerNode"),
    "linode_domain": ("linode", "domain", "Domain"),
    "linode_domain_record": ("linode", "domain_record", "DomainRecord"),
    "aws_dynamodb_table": ("aws", "dynamodb/table", "Table"),
    "aws_iam_user": ("aws", "iam/user", "User"),
    "aws_iam_policy": ("aws", "iam/policy", "Policy"),
    "aws_iam_user_policy_attachment": ("aws", "iam/user_policy_attachment", "UserPolicyAttachment"),
}


def plain(value):
    """Without the quotes and the marks of blocks that the parser leaves in."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items() if not str(k).startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.strip('"') if isinstance(value, str) else value


def read():
    """Everything in the files: kind -> list of blocks."""
    found = {}
    for path in sorted(FOLDER.glob("*.tf")):
        try:
            with open(path) as file:
                document = plain(hcl2.load(file))
        except Exception as error:
            check(f"{path.name} can be read", False, error)
            continue
        check(f"{path.name} can be read", True)
        for kind, blocks in document.items():
            found.setdefault(kind, []).extend(blocks)
    return found


class Provider:
    """The arguments that a provider takes."""

    def __init__(self, name):
        self.name = f"pulumi_{name}"
        self.wheel = zipfile.ZipFile(next(SCHEMAS.glob(f"{self.name}-*.whl")))

    def classes(self, path):
        tree = ast.parse(self.wheel.read(f"{self.name}/{path}.py"))
        return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}

    @staticmethod
    def arguments(of):
        """Of the constructor: name -> the text of its type."""
        made = next(each for each in of.body
                    if isinstance(each, ast.FunctionDef) and each.name == "__init__")
        every = made.args.args + made.args.kwonlyargs
        return {each.arg: ast.unparse(each.annotation) for each in every if each.annotation}

    @staticmethod
    def name_of(key, known):
        """What there may be several of has a plural there."""
        return next((name for name in (key, f"{key}s", f"{key}es") if name in known), None)

    def unknown(self, path, name, block):
        """The keys of a block that the provider does not take, and those of the blocks in it."""
        known = self.arguments(self.classes(path)[f"{name}Args"])
        inputs = f"{path.rpartition('/')[0]}/_inputs".lstrip("/")
        inner = self.classes(inputs)
        wrong = []
        for key, value in block.items():
            if key in META:
                continue
            found = self.name_of(key, known)
            if found is None:
                wrong.append(key)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                of = re.search(r"(\w+Args)'?\]", known[found])
                allowed = self.arguments(inner[of.group(1)]) if of and of.group(1) in inner else {}
                wrong += [f"{key}.{each}" for one in value for each in one
                          if self.name_of(each, allowed) is None]
        return wrong


def resources(found):
    for block in found["resource"]:
        for kind, named in block.items():
            for name, body in named.items():
                yield kind, name, body


def providers(found):
    known = {name: Provider(name) for name in ("linode", "aws")}
    for kind, name, body in resources(found):
        library, path, title = LIBRARY[kind]
        body = dict(body)
        for each in body.get("dynamic", []):
            for block, inner in each.items():
                body[block] = inner["content"]
        wrong = known[library].unknown(path, title, body)
        check(f"{kind}.{name}: the provider knows its arguments", not wrong, wrong)
        ignored = [each.strip("${}") for part in body.get("lifecycle", [])
                   for each in part.get("ignore_changes", [])]
        wrong = [each for each in ignored if each not in body]
        check(f"{kind}.{name}: what it ignores is there", not wrong, wrong)
    # That this can fail:
    wrong = known["linode"].unknown("domain_record", "DomainRecord", {"targt": "", "name": ""})
    check("an argument that there is not is seen", wrong == ["targt"], wrong)
    wrong = known["aws"].unknown(
        "dynamodb/table", "Table", {"replica": [{"region_name": "", "regoin": ""}]})
    check("and one of a block", wrong == ["replica.regoin"], wrong)


def promises(found):
    """What Signalbox needs of it."""
    every = {f"{kind}.{name}": body for kind, name, body in resources(found)}
    for name in ("app", "app_ipv6"):
        record = every[f"linode_domain_record.{name}"]
        check(f"record {name}: Terraform leaves its value to Signalbox",
              ["target"] == [each.strip("${}") for each in record["lifecycle"][0][
                  "ignore_changes"]], record)
        check(f"record {name}: TTL 30", record["ttl_sec"] == 30, record)
    balancer = every["linode_nodebalancer_config.https"]
    check("the NodeBalancers' check is shallow",
          (balancer["check"], balancer["check_path"]) == ("http", "/up"), balancer)
    table = every["aws_dynamodb_table.app"]
    check("the table's stream has both images",
          (table["stream_enabled"], table["stream_view_type"]) == (True, "NEW_AND_OLD_IMAGES"),
          table)
    check("nobody deletes the table by mistake",
          table["deletion_protection_enabled"] and table["lifecycle"][0]["prevent_destroy"], table)
    keys = [each for each in every if each.startswith("aws_iam_access_key")]
    check("no access key is in the state", not keys, keys)
    variables = {name: body for block in found["variable"] for name, body in block.items()}
    with open(COLLECTION / "examples" / "inventory" / "group_vars" / "all.yml") as file:
        inventory = yaml.safe_load(file)
    regions = variables["regions"]["default"]
    check("the regions are the Ansible example's",
          {n: r["aws"] for n, r in regions.items()}
          == {n: r["aws"] for n, r in inventory["signalbox_regions"].items()}, regions)
    service = inventory["signalbox_services"]["app"]
    name = f"{variables['record']['default']}.{variables['zone']['default']}"
    check("so are the table and the name",
          (variables["table"]["default"], [name]) == (service["table"], service["dns"]), variables)
    label = every["linode_nodebalancer.region"]["label"]
    labels = {n: label.replace("${each.value.aws}", r["aws"]) for n, r in regions.items()}
    check("and the NodeBalancers' labels", labels == {
        n: r["nodebalancer"] for n, r in inventory["signalbox_regions"].items()}, labels)


def policies():
    program = HERE / ".venv-checkov" / "bin" / "checkov"
    code, said = run(
        program, "--directory", FOLDER, "--framework", "terraform", "--skip-download", "--output",
        "json", "--quiet")
    try:
        summary = json.loads(said[said.index("{"):])["summary"]
    except (ValueError, KeyError):
        summary = {}
    good = code == 0 and summary.get("failed") == 0 and summary.get("parsing_errors") == 0
    check("checkov finds nothing", good and summary["passed"] >= 15, said[-4000:])


def main():
    found = read()
    providers(found)
    promises(found)
    policies()
    if shutil.which("terraform"):
        run("terraform", "fmt", "-check", "-diff", FOLDER, good="terraform fmt changes nothing")
    bench.end()


main()
