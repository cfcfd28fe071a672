"""The world of the article's walk: hosts that have nothing, a user, and the sandbox's truth."""

import json

import places
from world import World

TABLE = "orders"
NOTES = "/var/log/client.jsonl"
DOOR = "/var/log/door.log"


class ArticleWorld(World):
    replica_file = "door.cfg"

    def __init__(self, machine, image, debs, report):
        places.use_account()
        super().__init__(machine, image, debs, report)
        self.visitor.put("/usr/local/lib/client.py", places.file("client.py"))
        for host in (self.visitor, self.coordinator, *self.app_hosts()):
            host.put("/etc/nftables.conf", places.account_nft())
            self.network.let_in_to_loopback(host.name)
            if not host.program:
                self.enable(host, "nftables.service")

    def app_host(self, at, name, address):
        """The playbook brings all that it has."""
        self.add(name, [address])

    def sandbox_host(self):
        host = super().sandbox_host()
        host.put("/etc/systemd/system/haproxy.service.d/door.conf", places.file("door.conf"))
        host.put("/usr/local/lib/replicas.py", places.file("replicas.py"))
        return host

    # The account

    def forget_checks(self, linode):
        """NodeBalancers as one has clicked them: no host is checked."""
        for path in self.ports(linode):
            linode("PUT", path, {"check": "none"})

    def checks(self, linode):
        """What the NodeBalancers of the account ask their hosts, region by region."""
        return {path: {key: port[key] for key in ("check", "check_path")}
                for path, port in self.ports(linode).items()}

    @staticmethod
    def ports(linode):
        """The ports of the account's NodeBalancers in the world's regions, by the API's paths."""
        found = {}
        for each in linode("GET", "/nodebalancers")["data"]:
            if each["region"] in [r.name for r in places.REGIONS]:
                path = f"/nodebalancers/{each['id']}/configs"
                found |= {f"{path}/{p['id']}": p for p in linode("GET", path)["data"]}
        return found

    # The user

    def start_client(self, longest):
        """A user whose resolver keeps an address for so many seconds at most, whatever its TTL."""
        # It has no first process that would load them.
        self.visitor.run("nft", "-f", "/etc/nftables.conf")
        servers = " ".join(places.NAME_SERVERS.values())
        self.visitor.shell(
            f"setsid python3 /usr/local/lib/client.py {places.APP} {NOTES} {longest} {servers} "
            "</dev/null >/var/log/client.log 2>&1 &")

    def requests(self):
        """What the user saw, request by request."""
        return [json.loads(line) for line in lines(self.visitor, NOTES)]

    # The truth

    def replicas(self, prefix):
        """The ids of items in each region's replica, by Linode's name of the region."""
        ports = [f"{r.aws}={18609 + r.number}" for r in places.REGIONS]
        said = self.internet.run("python3", "/usr/local/lib/replicas.py", TABLE, prefix, *ports)
        found = json.loads(said.stdout)
        return {r.name: found[r.aws] and set(found[r.aws]) for r in places.REGIONS}

    def writes(self):
        """The items that were written, as they came to DynamoDB's doors, in their order."""
        found = []
        hosts = {a: (name, r.name) for r in places.REGIONS for name, a in r.hosts.items()}
        for line in lines(self.internet, DOOR):
            words = line.split(" ", 5)
            if len(words) < 6 or not words[4].endswith(".PutItem") or words[3] != "200":
                continue
            item = word(words[5], '"id":{"S":"')
            if item and words[2] in hosts:
                host, region = hosts[words[2]]
                found.append({"at": int(words[0]) / 1000, "replica": words[1], "host": host,
                              "region": region, "id": item})
        return sorted(found, key=lambda write: write["at"])


def lines(host, path):
    """The whole lines of a file of a host; none while there is no file."""
    try:
        with open(host.tree + path, errors="replace") as file:
            return [line for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def word(text, before):
    """What stands between `before` and the next quote."""
    _, found, rest = text.partition(before)
    return rest.partition('"')[0] if found else None


def jobs(writes):
    """The jobs that ran: their region, from their first to their last write."""
    found = {}
    for write in writes:
        if write["id"].startswith("job#"):
            name = write["id"].rpartition("#")[0]
            each = found.setdefault(name, {"region": write["region"], "begin": write["at"]})
            each["end"] = write["at"]
    return sorted(found.values(), key=lambda job: job["begin"])


def overlaps(found):
    """Pairs of jobs of different regions that ran at the same time."""
    pairs, last = [], {}
    for job in found:
        pairs += [(other, job) for region, other in last.items()
                  if region != job["region"] and other["end"] >= job["begin"]]
        if job["region"] not in last or job["end"] > last[job["region"]]["end"]:
            last[job["region"]] = job
    return pairs


def handovers(found):
    """From which region to which jobs went, and the seconds between."""
    gaps, before = [], None
    for job in found:
        if before and before["region"] != job["region"]:
            end = max(j["end"] for j in found
                      if j["region"] == before["region"] and j["begin"] < job["begin"])
            gaps.append((before["region"], job["region"], job["begin"] - end))
        before = job
    return gaps
