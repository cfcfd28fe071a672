"""Who is where: regions, hosts, addresses, and the files that their operators write."""

import os

FILES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "files")
APP = "app.example.org"
COORDINATOR = "coordinator.example.net"
COORDINATOR_ADDRESS = "198.51.100.9"
API_ADDRESS = "203.0.113.80"
NAME_SERVERS = {f"ns{n}.linode.com": f"203.0.113.{52 + n}" for n in range(1, 6)}
# What the sandbox accepts.
TOKEN = "sandbox-token"
FULL_TOKEN = "sandbox-full-token"
ACCESS_KEY, SECRET_KEY = "sandbox", "sandbox-secret"


class Region:
    def __init__(self, number, name, aws):
        self.number, self.name, self.aws = number, name, aws
        self.address = f"192.0.2.{number}"
        # What DNS says of it, and the account of its NodeBalancer.
        self.public = self.address
        self.replica = f"203.0.113.{20 + number}"
        self.replica_name = f"dynamodb.{aws}.amazonaws.com"
        self.hosts = {f"{name}-app-{n}": f"10.83.{number}.{10 + n}" for n in (1, 2)}
        self.balancer = f"{name}-lb"


REGIONS = [
    Region(1, "us-east", "us-east-1"), Region(2, "eu-central", "eu-central-1"),
    Region(3, "ap-south", "ap-southeast-1"),
]


def keep(regions, hosts):
    """Leaves the world so many regions with so many hosts each."""
    del REGIONS[regions:]
    for each in REGIONS:
        each.hosts = dict(list(each.hosts.items())[:hosts])


def use_account():
    """The regions have the addresses that the NodeBalancers of the sandbox's account have."""
    for each in REGIONS:
        each.public = f"127.0.{each.number}.1"


def account_nft():
    """For a host: what goes to a NodeBalancer of the account goes to that of the world."""
    rules = "\n".join(f"    ip daddr {r.public} dnat to {r.address}" for r in REGIONS)
    return file("account.nft", RULES=rules)


def region(name):
    return next(r for r in REGIONS if r.name == name)


def file(name, **values):
    """A file of `files` with its @MARKS@ filled in."""
    with open(os.path.join(FILES, name)) as source:
        text = source.read()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def names():
    """What the world's name servers would say, as /etc/hosts."""
    known = {COORDINATOR: COORDINATOR_ADDRESS, "api.linode.com": API_ADDRESS, **NAME_SERVERS}
    known |= {r.replica_name: r.replica for r in REGIONS}
    return "127.0.0.1 localhost\n" + "".join(f"{known[n]} {n}\n" for n in known)


def resolver():
    # The system's resolver asks three at most.
    return "".join(f"nameserver {address}\n" for address in list(NAME_SERVERS.values())[:3])


def coordinator_toml(speed, keys):
    """The coordinator's file; `keys` are the public keys of the agents known so far."""
    text = f'automation = "{"automatic" if keys else "observe"}"\n{pace(speed)}\n[service.app]\ndns = ["{APP}"]\n'
    text += 'table = "app"\nregions = [' + ", ".join(f'"{r.name}"' for r in REGIONS) + "]\n"
    for r in REGIONS:
        text += f'\n[region.{r.name}]\naws = "{r.aws}"\naddresses = ["{r.address}"]\n'
    for r in REGIONS:
        for host in r.hosts:
            if host in keys:
                text += f'\n[agent.{host}]\nregion = "{r.name}"\npublic_key = "{keys[host]}"\n'
    return text


def agent_toml(speed, at, coordinator_key):
    return f'''region = "{at.name}"
coordinator = "https://{COORDINATOR}:8621"
coordinator_key = "{coordinator_key}"
{pace(speed)}
[dynamodb]
table = "app"
aws_region = "{at.aws}"
credentials_file = "/etc/signalbox/secrets/aws"

[[check]]
http = "http://127.0.0.1:3000/health"
host = "{APP}"
'''


def pace(speed):
    return f"rehearsal_speed = {speed}\n" if speed != 1 else ""


def credentials():
    return (f"[default]\naws_access_key_id = {ACCESS_KEY}\n"
            f"aws_secret_access_key = {SECRET_KEY}\n")


def app_environment(at):
    return (f"APP_REGION={at.name}\nAPP_ADDRESS=0.0.0.0\nAWS_REGION={at.aws}\n"
            f"AWS_ACCESS_KEY_ID={ACCESS_KEY}\nAWS_SECRET_ACCESS_KEY={SECRET_KEY}\n")


def internet_cfg(replica):
    """The proxy before the sandbox: its parts at the names and ports of the real ones."""
    text = file("internet.cfg")
    for r in REGIONS:
        text += file(replica, AWS=r.aws, ADDRESS=r.replica, PORT=str(18609 + r.number))
    return text


def name_servers_nft():
    rules = []
    for index, address in enumerate(NAME_SERVERS.values()):
        for protocol in ("udp", "tcp"):
            rules.append(
                f"    ip daddr {address} {protocol} dport 53 dnat to 127.0.0.{53 + index}:18653")
    return file("nameservers.nft", RULES="\n".join(rules))
