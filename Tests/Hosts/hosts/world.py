"""Everything that is there before Signalbox: the hosts, their trust, the app and its balancers."""

import os
import time

import places
from host import Host, together
from machine import overlay
from network import Network
from shell import Failure, poll, run

EDITED = "/var/lib/edited"
# Puts in place what a person would have typed.
EDITOR = f'#!/bin/sh\nset -eu\nexec cp "{EDITED}/$(basename "$1")" "$1"\n'


class World:
    # How DynamoDB is reached.
    replica_file = "replica.cfg"

    def __init__(self, machine, image, debs, report):
        self.machine, self.image, self.debs, self.report = machine, image, debs, report
        self.network = Network(machine)
        self.keys = os.path.join(machine.directory, "keys")
        self.layers = [self.trust(), image]
        self.hosts = {}
        for r in places.REGIONS:
            for name, address in r.hosts.items():
                self.app_host(r, name, address)
            self.balancer(r)
        self.coordinator = self.add("coordinator", [places.COORDINATOR_ADDRESS])
        self.coordinator.put("/etc/haproxy/haproxy.cfg", self.proxy_cfg())
        self.internet = self.sandbox_host()
        self.visitor = self.add("visitor", ["10.83.8.1"], program=("sleep", "infinity"))

    def add(self, name, addresses, program=()):
        host = Host(self.machine, self.network, name, addresses, self.layers, program)
        host.put("/etc/hosts", places.names())
        host.put("/etc/resolv.conf", places.resolver())
        host.put("/usr/local/bin/editor", EDITOR, mode=0o755)
        self.hosts[name] = host
        return host

    def app_host(self, at, name, address):
        host = self.add(name, [address])
        host.put("/usr/local/lib/guestbook.py", places.file("guestbook.py"))
        host.put("/etc/guestbook.env", places.app_environment(at), mode=0o600)
        self.enable(host, "guestbook.service", places.file("guestbook.service"))

    def balancer(self, at):
        host = self.add(
            at.balancer, [at.address, f"10.83.{at.number}.1"],
            program=("haproxy", "-db", "-f", "/etc/balancer/balancer.cfg"))
        servers = "\n".join(
            f"  server {name} {address}:3000" for name, address in at.hosts.items())
        host.put("/etc/balancer/balancer.cfg", places.file(
            "balancer.cfg", ADDRESS=at.address, SERVERS=servers))
        host.put("/etc/balancer/app.pem", self.certificate([places.APP]), mode=0o600)

    def sandbox_host(self):
        addresses = [places.API_ADDRESS, *places.NAME_SERVERS.values()]
        addresses += [r.replica for r in places.REGIONS]
        host = self.add("internet", addresses)
        host.put("/etc/haproxy/haproxy.cfg", places.internet_cfg(self.replica_file))
        names = ["api.linode.com", *(r.replica_name for r in places.REGIONS)]
        host.put("/etc/internet/internet.pem", self.certificate(names), mode=0o600)
        host.put("/etc/nftables.conf", places.name_servers_nft())
        self.network.let_in_to_loopback("internet")
        host.put("/etc/systemd/system/sandbox.service", places.file("sandbox.service"))
        for unit in ("haproxy.service", "nftables.service"):
            self.enable(host, unit)
        return host

    @staticmethod
    def enable(host, unit, text=None):
        """As installing a package does it."""
        if text:
            host.put(f"/etc/systemd/system/{unit}", text)
        run("systemctl", f"--root={host.tree}", "--quiet", "enable", unit)

    def proxy_cfg(self):
        with open(os.path.join(self.image, "etc/haproxy/haproxy.cfg")) as file:
            return file.read()

    # Trust: an authority that signs the names of the world, in every host's store.

    def trust(self):
        os.makedirs(self.keys, mode=0o700)
        ca = os.path.join(self.keys, "ca")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=The world's authority", "-keyout", f"{ca}.key", "-out", f"{ca}.crt")
        directory = os.path.join(self.machine.directory, "trust")
        for part in ("upper", "work", "tree"):
            os.makedirs(os.path.join(directory, part))
        tree = os.path.join(directory, "tree")
        run(*overlay(directory, self.image))
        run("cp", f"{ca}.crt", f"{tree}/usr/local/share/ca-certificates/world.crt")
        # A directory for temporary files of this machine is none in there.
        run("chroot", tree, "env", "-u", "TMPDIR", "update-ca-certificates")
        run("umount", tree)
        return os.path.join(directory, "upper")

    def certificate(self, names):
        """A key and its certificate for these names, as one PEM text."""
        path, ca = os.path.join(self.keys, names[0]), os.path.join(self.keys, "ca")
        alternatives = ",".join(f"DNS:{name}" for name in names)
        if not os.path.exists(f"{path}.pem"):
            run("openssl", "req", "-x509", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-newkey",
                "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}", "-addext",
                "basicConstraints=critical,CA:FALSE", "-keyout", f"{path}.key", "-out",
                f"{path}.pem")
        return "".join(open(f"{path}.{part}").read() for part in ("pem", "key"))

    # Power

    def boot(self, names=None):
        together([self.hosts[name].boot for name in names or self.hosts])

    def region_names(self, name):
        at = places.region(name)
        return [*at.hosts, at.balancer]

    def cut_power(self, names):
        together([self.hosts[name].cut_power for name in names])

    def app_hosts(self):
        return [self.hosts[name] for r in places.REGIONS for name in r.hosts]

    # Packages

    def bring(self, host, package):
        """Copies a package to a host, as scp would, and gives the folder."""
        deb = next((d for d in self.debs if os.path.basename(d).startswith(f"{package}_")), None)
        if deb is None:
            raise Failure(f"there is no {package}: run make deb")
        host.copy(deb, f"/var/tmp/debs/{os.path.basename(deb)}")
        return "/var/tmp/debs"

    # What people see

    def dns(self):
        """What each name server says of the app, address by address."""
        script = "".join(
            f"echo $(kdig +short +timeout=1 +retry=0 @{address} {places.APP} A);"
            for address in places.NAME_SERVERS.values())
        return self.visitor.run("sh", "-c", script).stdout.split("\n")[:len(places.NAME_SERVERS)]

    def wait_for_dns(self, at, seconds):
        """Returns when every name server shows a region's address; gives the time it took."""
        begin = time.monotonic()
        poll(f"every name server shows {at.public}", seconds, lambda: self.agree(at.public))
        return time.monotonic() - begin

    def agree(self, address):
        seen = self.dns()
        if set(seen) != {address}:
            raise Failure(f"the name servers say {seen}")
        return True

    def visit(self, *options, path="/"):
        """A guest's request by name; the answer as text."""
        address = f"https://{places.APP}{path}"
        return self.visitor.run(
            "curl", "-sS", "--fail", "--max-time", "3", *options, address).stdout
