"""What a NodeBalancer is by default, and what it does with no host up. It costs money."""

import ipaddress
import socket
import time

from api import Trouble, shown
from questions import Answer

# GET /nodebalancers/types is asked first; this is what it said in November 2026, in dollars.
HOURLY, MONTHLY = 0.015, 10.0
DEFAULTS = {
    "protocol": "http", "algorithm": "roundrobin", "stickiness": "none", "check": "none",
    "check_interval": 31, "check_timeout": 30, "check_attempts": 3, "check_path": "",
    "check_passive": True, "proxy_protocol": "none",
}  # fmt: skip


def price(api, region):
    """(hourly, monthly, whether the API said so) in dollars."""
    try:
        reply = api.get("/nodebalancers/types")
    except Trouble:
        return HOURLY, MONTHLY, False
    for entry in reply.value("data") or []:
        if entry.get("id") == "nodebalancer":
            local = [each for each in entry.get("region_prices", []) if each.get("id") == region]
            found = (local or [entry.get("price") or {}])[0]
            if found.get("hourly") is not None:
                return float(found["hourly"]), float(found.get("monthly") or 0), True
    return HOURLY, MONTHLY, False


def measure(p, item):
    """The rows of the NodeBalancer that `item` of the deletion list stands for."""
    body = {"region": p.region, "label": item["name"], "tags": [item["mark"]]}
    reply = p.create(item, "/nodebalancers", body)
    if not reply.ok:
        p.made.forget(item)
        return [("nodebalancer", "a NodeBalancer", Answer("not made: " + reply.said(), "", False))]
    made = reply.body
    keys = ("type", "client_conn_throttle", "hostname", "ipv6", "lke_cluster", "locks")
    text = ", ".join("%s %s" % (key, shown(repr(made.get(key)))) for key in keys)
    rows = [("nodebalancer", "a new NodeBalancer", Answer(
        text, "one IPv4, one IPv6, no throttle",
        bool(made.get("ipv4") and made.get("ipv6")) and made.get("client_conn_throttle") == 0, made))]  # fmt: skip
    path = "/nodebalancers/%d/configs" % item["id"]
    rows.append(_defaults(p, path))
    for port, body in ((8001, {"protocol": "http"}), (8002, {"protocol": "tcp"})):
        reply = p.api.post(path, {"port": port, "check": "connection", **body})
        what = body["protocol"] + " mode with zero hosts"
        if not reply.ok:
            rows.append(("balancer-" + body["protocol"], what, Answer(reply.said())))
            continue
        status = p.api.get("%s/%d" % (path, reply.body["id"])).value("nodes_status")
        # A configuration takes a moment to be in force.
        time.sleep(p.settle)
        found = _knock(made["ipv4"], port, p.patience)
        assumed = "a page with 503" if body["protocol"] == "http" else "refused or reset"
        agrees = found.startswith("503") if body["protocol"] == "http" else found in ("refused", "reset")
        if found.startswith("not asked"):
            agrees = None
        rows.append(("balancer-" + body["protocol"], what, Answer(
            "%s; nodes_status %s" % (found, shown(str(status))), assumed, agrees)))  # fmt: skip
    return rows


def _defaults(p, path):
    reply = p.api.post(path, {"port": 80})
    if not reply.ok:
        return ("balancer-defaults", "a config of a port alone", Answer(reply.said(), "", False))
    other = {
        key: reply.body.get(key) for key, value in DEFAULTS.items() if reply.body.get(key) != value
    }
    text = "as assumed" if not other else "other: %s" % shown(str(other))
    assumed = "no check, interval 31, timeout 30, attempts 3, passive"
    return ("balancer-defaults", "a config of a port alone", Answer(text, assumed, not other, reply.body))


def _knock(address, port, patience):
    """What an HTTP request gets: its status line's code, or how the connection ends."""
    # An address of a rehearsal belongs to nobody.
    if not ipaddress.ip_address(address).is_global:
        return "not asked: %s is no public address" % address
    end = time.monotonic() + min(patience, 60)
    while True:
        found = _once(address, port)
        # Refused is what there is before the configuration is in force, too.
        if found not in ("refused", "no route") or time.monotonic() > end:
            return found
        time.sleep(2)


def _once(address, port):
    try:
        with socket.create_connection((address, port), timeout=10) as wire:
            wire.sendall(b"GET / HTTP/1.0\r\nHost: probe\r\n\r\n")
            raw = wire.recv(4096)
    except socket.timeout:
        return "time-out"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"
    except OSError as error:
        return "no route" if error.errno in (101, 113) else shown(str(error))
    words = raw.decode("latin-1").split()
    if not words:
        return "closed without a byte"
    return words[1] if len(words) > 1 and words[0].startswith("HTTP/") else shown(words[0])
