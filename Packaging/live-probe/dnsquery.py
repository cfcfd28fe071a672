"""Asks one name server one question, over UDP or TCP (RFC 1035)."""

import ipaddress
import random
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}


class NoAnswer(Exception):
    """The server gave no usable answer."""


class Answer:
    """`answers` and `authority` hold (name, type, ttl, data)."""

    def __init__(self, rcode, authoritative, truncated, answers, authority):
        self.rcode, self.authoritative, self.truncated = rcode, authoritative, truncated
        self.answers, self.authority = answers, authority

    def data(self, type):
        return sorted(data for _, kind, _, data in self.answers if kind == type)


def place(text):
    """An address and a port of `ns1.linode.com`, `127.0.0.53:18653` or `[::1]:53`."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest[1:] or "53"
    elif text.count(":") == 1:
        host, port = text.split(":")
    found = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
    # IPv4 first: it is there nearly everywhere.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]


def ask(server, name, type, timeout=3.0, tcp=False):
    """Raises NoAnswer. `server` is what `place` gives."""
    family, address = server
    number = random.randrange(65536)
    question = _name(name) + struct.pack("!HH", TYPES[type], 1)
    query = struct.pack("!HHHHHH", number, 0, 1, 0, 0, 0) + question
    try:
        raw = (_over_tcp if tcp else _over_udp)(family, address, query, timeout)
        return _parse(raw, number, question)
    except (OSError, struct.error, IndexError, ValueError) as error:
        raise NoAnswer("%s: %s" % (type_name(error), error))


def type_name(error):
    return "timeout" if isinstance(error, socket.timeout) else error.__class__.__name__


def _over_udp(family, address, query, timeout):
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.settimeout(timeout)
        # Connected: answers of others do not get here.
        wire.connect(address)
        wire.send(query)
        while True:
            raw = wire.recv(4096)
            if raw[:2] == query[:2]:
                return raw


def _over_tcp(family, address, query, timeout):
    with socket.socket(family, socket.SOCK_STREAM) as wire:
        wire.settimeout(timeout)
        wire.connect(address)
        wire.sendall(struct.pack("!H", len(query)) + query)
        (length,) = struct.unpack("!H", _exactly(wire, 2))
        return _exactly(wire, length)


def _exactly(wire, count):
    raw = b""
    while len(raw) < count:
        part = wire.recv(count - len(raw))
        if not part:
            raise ValueError("cut short")
        raw += part
    return raw


def _name(text):
    raw = b""
    for label in text.rstrip(".").split("."):
        part = label.encode("ascii")
        if not 0 < len(part) < 64:
            raise ValueError("%r is no name" % text)
        raw += bytes([len(part)]) + part
    return raw + b"\0"


def _parse(raw, number, question):
    found, flags, questions, answers, authority, _ = struct.unpack("!HHHHHH", raw[:12])
    if found != number or not flags & 0x8000:
        raise ValueError("not the answer to this query")
    if questions != 1 or raw[12 : 12 + len(question)].lower() != question.lower():
        raise ValueError("the answer to another question")
    offset = 12 + len(question)
    sections = []
    for count in (answers, authority):
        section = []
        for _ in range(count):
            record, offset = _record(raw, offset)
            section.append(record)
        sections.append(section)
    return Answer(flags & 15, bool(flags & 0x400), bool(flags & 0x200), *sections)


def _record(raw, offset):
    name, offset = _read_name(raw, offset)
    kind, _, ttl, length = struct.unpack("!HHIH", raw[offset : offset + 10])
    offset += 10
    rdata = raw[offset : offset + length]
    if len(rdata) != length:
        raise ValueError("cut short")
    type = NAMES.get(kind, str(kind))
    if type == "A":
        data = str(ipaddress.IPv4Address(rdata))
    elif type == "AAAA":
        data = str(ipaddress.IPv6Address(rdata))
    elif type in ("NS", "CNAME"):
        data = _read_name(raw, offset)[0]
    elif type == "SOA":
        server, after = _read_name(raw, offset)
        mail, after = _read_name(raw, after)
        numbers = struct.unpack("!IIIII", raw[after : after + 20])
        data = " ".join([server, mail] + [str(each) for each in numbers])
    elif type == "TXT":
        data, rest = "", rdata
        while rest:
            data += rest[1 : 1 + rest[0]].decode("utf-8", "replace")
            rest = rest[1 + rest[0] :]
    else:
        data = rdata.hex()
    return (name, type, ttl, data), offset + length


def _read_name(raw, offset):
    labels, after, jumps = [], None, 0
    while True:
        length = raw[offset]
        if length & 0xC0 == 0xC0:
            jumps += 1
            if jumps > 20:
                raise ValueError("a name that leads to itself")
            after = offset + 2 if after is None else after
            offset = (length & 0x3F) << 8 | raw[offset + 1]
            continue
        if length == 0:
            break
        labels.append(raw[offset + 1 : offset + 1 + length].decode("ascii", "replace").lower())
        offset += 1 + length
    return ".".join(labels), offset + 1 if after is None else after
