"""The net that joins the hosts: one bridge in a namespace of its own, no way out of it."""

from shell import run

# Whatever address a host has in these, the others reach it directly.
NETS = ("10.83.0.0/16", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")


class Network:
    def __init__(self, machine):
        self.machine = machine
        self.bridge = machine.namespace("net")
        run("ip", "netns", "add", self.bridge)
        run("ip", "-n", self.bridge, "link", "add", "br0", "type", "bridge", "forward_delay", "0")
        run("ip", "-n", self.bridge, "link", "set", "br0", "up")
        self.count = 0

    def join(self, name, addresses):
        """Makes the namespace of a host with its interface eth0, which is down."""
        namespace, port = self.machine.namespace(name), f"port{self.count}"
        self.count += 1
        run("ip", "netns", "add", namespace)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.bridge, "link", "add", port, "type", "veth",
            "peer", "name", "eth0", "netns", namespace)
        run("ip", "-n", self.bridge, "link", "set", port, "master", "br0")
        run("ip", "-n", self.bridge, "link", "set", port, "up")
        for address in addresses:
            run("ip", "-n", namespace, "addr", "add", f"{address}/32", "dev", "eth0")

    def connect(self, name):
        """Plugs the cable in. A link that went down has lost its routes."""
        namespace = self.machine.namespace(name)
        run("ip", "-n", namespace, "link", "set", "eth0", "up")
        for net in NETS:
            run("ip", "-n", namespace, "route", "replace", net, "dev", "eth0")

    def disconnect(self, name):
        """Pulls the cable: nobody is told, nothing answers."""
        run("ip", "-n", self.machine.namespace(name), "link", "set", "eth0", "down")

    def let_in_to_loopback(self, name):
        """Lets a host's firewall lead packets from outside to its loopback addresses."""
        run("ip", "netns", "exec", self.machine.namespace(name), "sysctl", "-qw",
            "net.ipv4.conf.all.route_localnet=1")
